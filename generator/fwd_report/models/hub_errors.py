"""The errors of the hub's library in plain words, each with a way out."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from fwd_report.errors import UnavailableError, UserError, first_line
from fwd_report.models.names import split_hub_id

OUTSIDE_KEYS = "words about what is not there"

ELSEWHERE = "or download it elsewhere and name its folder instead"
KEPT = "what has come so far is kept, and the next build goes on from there"
FULL = {getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG") if hasattr(errno, name)}
UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS}


def endpoint() -> str:
    """The hub's address, which may be that of a mirror."""
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


class UnreachableError(UnavailableError):
    """Nobody answers at the hub's address."""

    def __init__(self, hub_id: str, why: str) -> None:
        self.why = why
        super().__init__(
            f"'{hub_id}' is not on this machine and {endpoint()} cannot be asked: {why}",
            hint="connect to the network and build again, or name a folder that holds the model; "
            f"{KEPT}",
        )


@contextmanager
def said_plainly(hub_id: str) -> Iterator[None]:
    """Turn errors of the hub's library into ones that tell what to do.

    Raises UserError if the hub or the disk refuses, UnavailableError for a problem that may pass,
    UnreachableError if there is no answer.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        raise _explained(hub_id, error) from error


def final(error: Exception) -> bool:
    """Whether another attempt would get the same answer."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    refused = status is not None and 400 <= status < 500 and status not in (408, 416, 429)
    return refused or (isinstance(error, OSError) and error.errno in FULL | UNWRITABLE)


def _explained(hub_id: str, error: Exception) -> UserError:
    from huggingface_hub import errors

    name, revision = split_hub_id(hub_id)
    page = f"{endpoint()}/{name}"
    while isinstance(error, errors.LocalEntryNotFoundError) and error.__cause__ is not None:
        error = error.__cause__  # type: ignore[assignment]
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, errors.GatedRepoError):
        return _gated(hub_id, page, logged_in=status != 401)
    if isinstance(error, errors.RevisionNotFoundError):
        return UserError(
            f"'{name}' has no branch, tag or commit '{revision}'", hint=f"see {page}/tree/main"
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return UserError(
            f"the hub does not give '{hub_id}' to this account, or has no such model",
            hint=f"check the name; if it needs a licence, accept it at {page} and run "
            f"`hf auth login`; {ELSEWHERE}",
        )
    if isinstance(error, errors.OfflineModeIsEnabled):
        return UnavailableError(
            f"'{hub_id}' is not on this machine, and HF_HUB_OFFLINE forbids to ask for it",
            hint="unset HF_HUB_OFFLINE, or name a folder that holds the model",
        )
    if status == 401:
        return UserError(
            f"{endpoint()} does not know the token that this machine has",
            hint=f"make a read token at {endpoint()}/settings/tokens and run `hf auth login`; "
            "HF_TOKEN in the environment counts before that",
        )
    if status == 403:
        return UserError(
            f"{endpoint()} refuses '{hub_id}' to this token: {_answer(error)}",
            hint=f"a token of the kind 'read' may read all that its account may; {ELSEWHERE}",
        )
    if status == 429:
        return UnavailableError(
            f"{endpoint()} has been asked too often from here",
            hint=f"wait some minutes and build again; logged in one may ask more often; {KEPT}",
        )
    if status is not None:
        return UnavailableError(
            f"{endpoint()} fails to give '{hub_id}': {_answer(error)}",
            hint=f"build again later; {KEPT}",
        )
    if isinstance(error, OSError) and error.errno in FULL | UNWRITABLE:
        return _disk(hub_id, error)
    return UnreachableError(hub_id, first_line(error))


def _gated(hub_id: str, page: str, logged_in: bool) -> UserError:
    if logged_in:
        return UserError(
            f"the account of this machine's token has not accepted the licence of '{hub_id}'",
            hint=f"accept its licence at {page} with the account that `hf auth whoami` names, or "
            "run `hf auth login` with another's token; a fine-grained token has to allow reading "
            f"gated repositories; {ELSEWHERE}",
        )
    return UserError(
        f"'{hub_id}' is given to those who accepted its licence, and this machine is not logged in",
        hint=f"accept its licence at {page} and run `hf auth login` with a read token of that "
        f"account; {ELSEWHERE}",
    )


def _disk(hub_id: str, error: OSError) -> UnavailableError:
    place = error.filename or "the hub's cache"
    if error.errno in FULL:
        return UnavailableError(
            f"the disk of {place} is full, and '{hub_id}' is not whole on it",
            hint=f"free some space, or set HF_HOME to a folder on a larger disk; {KEPT}",
        )
    return UnavailableError(
        f"{place} cannot be written, where '{hub_id}' would be kept: {error.strerror}",
        hint="set HF_HOME to a folder that you may write",
    )


def _answer(error: Exception) -> str:
    """The server's answer: its own words if it sent any."""
    return str(getattr(error, "server_message", None) or first_line(error))

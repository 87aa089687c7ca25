"""Models of the Hugging Face hub: which are on this machine, what the hub says of them, downloads.

Nothing here waits in silence: what does not answer in a few seconds is unavailable.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fwd_report.errors import UnavailableError, UserError, first_line
from fwd_report.models.folder_layout import files_read
from fwd_report.models.names import split_hub_id
from fwd_report.store.files import sha256_of

OUTSIDE_KEYS = "what is downloaded is compared with the digest in the keys"

PATIENCE = 5.0
"""Seconds the hub has to answer a question; a download goes on as long as bytes come."""
ELSEWHERE = "or download it elsewhere and name its folder instead"
_silent: dict[str, str] = {}
"""Hubs that did not answer this process, and why."""
_COMMIT = re.compile(r"[0-9a-f]{40}")


def snapshot(hub_id: str) -> Path | None:
    """The folder in the hub's local cache that `owner/name@revision` was downloaded to, if it was.

    A branch or tag stands for the commit it was when it was downloaded.
    """
    name, revision = split_hub_id(hub_id)
    repository = _hub_cache() / f"models--{name.replace('/', '--')}"
    commit = revision
    if not _COMMIT.fullmatch(revision):
        try:
            commit = (repository / "refs" / revision).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return None
    folder = repository / "snapshots" / commit
    return folder if folder.is_dir() else None


def downloaded(hub_id: str, parts: Sequence[str]) -> Path | None:
    """The folder in the hub's local cache that holds all that is read of these parts, or None."""
    folder = snapshot(hub_id)
    if folder is None:
        return None
    names = [
        path.relative_to(folder).as_posix() for part in parts for path in (folder / part).glob("*")
    ]
    try:
        files_read(names, parts, folder)
    except UserError:
        return None
    return folder


def fetch(
    hub_id: str, parts: Sequence[str], news: Callable[[str], None] = lambda message: None
) -> Path:
    """A folder with these parts of the model, downloaded unless it already was.

    news(message) hears of a download before it begins. Raises UserError where the hub refuses,
    and UnavailableError where it cannot be reached, saying what to do.
    """
    folder = downloaded(hub_id, parts)
    if folder is not None:
        return folder
    wanted = files_read(_listed(hub_id), parts, hub_id)
    news(f"downloading {hub_id}")
    # The weights come last: a download that is cut short is not taken for whole.
    for file in sorted(wanted, key=lambda file: file.endswith(".safetensors")):
        _download(hub_id, file)
    folder = downloaded(hub_id, parts)
    if folder is None:
        raise UnavailableError(f"'{hub_id}' changed while it was downloaded", hint="build again")
    return folder


def remote_digests(hub_id: str, parts: Sequence[str]) -> dict[str, str]:
    """SHA-256 by name of what is read of these parts, without the weights being downloaded.

    The hub lists the digests of its large files; the small ones are fetched. Raises as `fetch`.
    """
    listed = _listed(hub_id)
    return {
        file: listed[file] or sha256_of(_download(hub_id, file))
        for file in files_read(listed, parts, hub_id)
    }


def _download(hub_id: str, file: str) -> Path:
    """That file of the model, in the hub's local cache."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.utils.tqdm import disable_progress_bars

    name, revision = split_hub_id(hub_id)
    disable_progress_bars()  # a build has one progress display of its own
    with _said_plainly(hub_id):
        return Path(
            hf_hub_download(
                name,
                file,
                revision=revision,
                cache_dir=_hub_cache(),
                endpoint=_endpoint(),
                etag_timeout=PATIENCE,
            )
        )


def _listed(hub_id: str) -> Mapping[str, str | None]:
    """The names of the model's files with the SHA-256 of the large ones.

    A hub that did not answer is not waited for a second time.
    """
    from huggingface_hub import HfApi

    endpoint = _endpoint()
    if endpoint in _silent:
        raise _unreachable(hub_id, _silent[endpoint])
    name, revision = split_hub_id(hub_id)
    try:
        with _said_plainly(hub_id):
            info = HfApi(endpoint=endpoint).model_info(
                name, revision=revision, timeout=PATIENCE, files_metadata=True
            )
    except UnavailableError as error:
        _silent[endpoint] = str(error.__cause__).strip().partition("\n")[0]
        raise
    return {file.rfilename: _sha256(file) for file in info.siblings or ()}


def _sha256(file: Any) -> str | None:
    return file.lfs.sha256 if file.lfs else None


@contextmanager
def _said_plainly(hub_id: str) -> Iterator[None]:
    """Turns what the hub's library raises into an error with a way out."""
    from huggingface_hub import errors

    name, revision = split_hub_id(hub_id)
    page = f"{_endpoint()}/{name}"
    try:
        yield
    except errors.GatedRepoError as error:
        raise UserError(
            f"the hub does not give '{hub_id}' to this account",
            hint=f"accept its licence at {page} and run `hf auth login`; {ELSEWHERE}",
        ) from error
    except errors.RevisionNotFoundError as error:
        raise UserError(
            f"'{name}' has no branch, tag or commit '{revision}'", hint=f"see {page}/tree/main"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise UserError(
            f"the hub does not give '{hub_id}' to this account, or has no such model",
            hint=f"check the name; if it needs a licence, accept it at {page} and run "
            f"`hf auth login`; {ELSEWHERE}",
        ) from error
    except Exception as error:
        raise _unreachable(hub_id, first_line(error)) from error


def _unreachable(hub_id: str, why: str) -> UnavailableError:
    return UnavailableError(
        f"'{hub_id}' is not on this machine and {_endpoint()} cannot be asked: {why}",
        hint="connect to the network, or name a folder that holds the model",
    )


def _endpoint() -> str:
    """Where the hub is: a mirror, say."""
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def _hub_cache() -> Path:
    """Where huggingface_hub keeps downloads, by the environment variables it reads."""
    if kept := os.environ.get("HF_HUB_CACHE"):
        return Path(kept).expanduser()
    home = os.environ.get("HF_HOME")
    base = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return (Path(home) if home else Path(base) / "huggingface").expanduser() / "hub"

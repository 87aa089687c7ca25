"""A dataset of the Hugging Face hub as a remote: read as files, written in commits.

A commit holds many complete entries with their manifests, so that no half entry is ever visible,
and a thousand results do not take a thousand commits.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from fwd_report.errors import counted
from fwd_report.remotes.crew import answered
from fwd_report.remotes.filesystem import FileSystemShelf
from fwd_report.remotes.shelf import (
    RESULTS,
    Moved,
    Parcel,
    RemoteError,
    file_name,
    keys_in,
    result_name,
)
from fwd_report.remotes.untold import LONGEST
from fwd_report.store.addresses import Address

CONFLICTS = (409, 412)
"""What the hub answers to a commit while it takes another one."""


class HubShelf(FileSystemShelf):
    """The shelf at `hf://datasets/OWNER/NAME[@REVISION][/FOLDER]`."""

    together = 50
    senders = 1

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        owner, _, rest = address.url.removeprefix("hf://datasets/").partition("/")
        name, _, folder = rest.partition("/")
        name, _, revision = name.partition("@")
        self._dataset = f"{owner}/{name}"
        self._revision = revision or None
        self._folder = f"{folder}/" if folder else ""

    @property
    def patience(self) -> float | None:
        """The hub's library sends the files of a commit, and tells of no bytes."""
        return LONGEST

    def keys(self) -> frozenset[str]:
        """One listing, a thousand names per page."""
        return answered(lambda moved: self._asked(lambda: self._list(moved)))

    def exists(self) -> bool:
        """A dataset that is not there cannot be listed."""
        return True

    def send(self, parcels: Sequence[Parcel], moved: Moved, anew: bool) -> None:
        """One commit. The hub's library does not send again what the dataset already has."""
        from huggingface_hub import CommitOperationAdd

        files = {digest: path for each in parcels for digest, (path, _) in each.files.items()}
        added: list[Any] = [
            CommitOperationAdd(self._folder + file_name(digest), str(path))
            for digest, path in files.items()
        ]
        added += [
            CommitOperationAdd(self._folder + result_name(each.key), each.text) for each in parcels
        ]
        self._asked(
            lambda: self._api.create_commit(
                self._dataset,
                added,
                commit_message=f"Add {counted(len(parcels), 'result')}",
                repo_type="dataset",
                revision=self._revision,
            )
        )
        moved(sum(parcel.size for parcel in parcels))

    def _open(self) -> tuple[Any, str]:
        from huggingface_hub import HfFileSystem
        from huggingface_hub.utils import logging
        from huggingface_hub.utils.tqdm import disable_progress_bars

        disable_progress_bars()
        logging.set_verbosity_error()  # what fails is said once, and by this program
        endpoint = os.environ.get("HF_ENDPOINT") or None
        fs = HfFileSystem(endpoint=endpoint, skip_instance_cache=True)
        return fs, self.address.url.removeprefix("hf://")

    def _passes(self, error: Exception) -> bool:
        """The hub's library tries again by itself, except where two commit at once."""
        return getattr(getattr(error, "response", None), "status_code", None) in CONFLICTS

    @property
    def _api(self) -> Any:
        from huggingface_hub import HfApi

        return HfApi(endpoint=self.fs.endpoint)

    def _list(self, moved: Moved) -> frozenset[str]:
        from huggingface_hub import errors

        self.fs.invalidate_cache()
        try:
            paths = []
            for item in self._api.list_repo_tree(
                self._dataset,
                self._folder + RESULTS,
                recursive=True,
                repo_type="dataset",
                revision=self._revision,
            ):
                paths.append(item.path)
                moved(0)
        except errors.GatedRepoError:
            raise RemoteError("the hub does not give it to this account: `hf auth login`") from None
        except errors.RepositoryNotFoundError:
            raise RemoteError(
                "the hub has no such dataset, or not for this account: `hf auth login`, "
                f"`hf repo create {self._dataset} --repo-type dataset`"
            ) from None
        except errors.RevisionNotFoundError:
            raise RemoteError(f"the dataset has no revision {self._revision}") from None
        except errors.EntryNotFoundError:
            return frozenset()
        return keys_in(path.removeprefix(self._folder) for path in paths)

"""A Hugging Face dataset repository as a remote: read as files, written in commits.

A commit contains many entries with their manifests. So no incomplete entry is ever visible, and a
thousand results do not take a thousand commits.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from fwd_report.errors import counted
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
from fwd_report.remotes.transfer_pool import answered
from fwd_report.remotes.untold import LONGEST
from fwd_report.store.addresses import Address

CONFLICTS = (409, 412)
"""HTTP status codes of a commit that conflicts with another one."""


class HubShelf(FileSystemShelf):
    """A shelf at `hf://datasets/OWNER/NAME[@REVISION][/FOLDER]`."""

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
        """The maximum, because the hub's library reports no progress during a commit."""
        return LONGEST

    def keys(self) -> frozenset[str]:
        """List all names, a thousand per page."""
        return answered(lambda moved: self._asked(lambda: self._list(moved)))

    def exists(self) -> bool:
        """Always True: `keys` raises if the dataset does not exist."""
        return True

    def send(self, parcels: Sequence[Parcel], moved: Moved, anew: bool) -> None:
        """Upload entries in one commit. The hub's library skips files that the dataset has."""
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
        logging.set_verbosity_error()  # this program reports failures itself
        endpoint = os.environ.get("HF_ENDPOINT") or None
        fs = HfFileSystem(endpoint=endpoint, skip_instance_cache=True)
        return fs, self.address.url.removeprefix("hf://")

    def _passes(self, error: Exception) -> bool:
        """Retry conflicting commits only: the hub's library retries everything else itself."""
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
            raise RemoteError("this account has no access to it: `hf auth login`") from None
        except errors.RepositoryNotFoundError:
            raise RemoteError(
                "there is no such dataset, or this account has no access: `hf auth login`, "
                f"`hf repo create {self._dataset} --repo-type dataset`"
            ) from None
        except errors.RevisionNotFoundError:
            raise RemoteError(f"the dataset has no revision {self._revision}") from None
        except errors.EntryNotFoundError:
            return frozenset()
        return keys_in(path.removeprefix(self._folder) for path in paths)

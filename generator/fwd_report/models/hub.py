"""Models of the Hugging Face hub: which are on this machine, what the hub knows of them, downloads.

Nothing here waits in silence: a hub that does not answer within seconds counts as unavailable, and
a download reports its progress.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fwd_report.errors import UnavailableError, UserError, counted
from fwd_report.models.folder_layout import files_read
from fwd_report.models.hub_errors import KEPT, UnreachableError, endpoint, said_plainly
from fwd_report.models.hub_files import HubFile, Repository
from fwd_report.models.names import split_hub_id
from fwd_report.store.files import sha256_of, write_atomically

OUTSIDE_KEYS = "what is downloaded is compared with the digest in the keys"

PATIENCE = 5.0
"""Seconds the hub has to answer a question; a download continues as long as bytes arrive."""
EVERY = 20.0
"""Seconds between two reports of a download's progress."""
_silent: dict[str, str] = {}
"""Hubs that did not answer this process, and the reason."""
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Listing:
    """What the hub lists for a model: its current commit, and its files by name."""

    commit: str
    files: dict[str, HubFile]


def snapshot(hub_id: str) -> Path | None:
    """The folder in the hub's local cache that holds the download of `owner/name@revision`, if any.

    A branch or tag stands for the commit it was at when it was downloaded.
    """
    name, revision = split_hub_id(hub_id)
    commit = revision
    if not _COMMIT.fullmatch(revision):
        try:
            reference = _in_cache(name) / "refs" / revision
            commit = reference.read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return None
    return kept_at(hub_id, commit)


def kept_at(hub_id: str, commit: str) -> Path | None:
    """The folder in the hub's local cache with the files of a commit that were fetched, if any."""
    folder = _in_cache(split_hub_id(hub_id)[0]) / "snapshots" / commit
    return folder if folder.is_dir() else None


def _in_cache(name: str) -> Path:
    return cache_folder() / f"models--{name.replace('/', '--')}"


def downloaded(hub_id: str, parts: Sequence[str]) -> Path | None:
    """The folder in the hub's local cache that holds all files read of these parts, or None."""
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


def fetch_model(
    hub_id: str,
    parts: Sequence[str],
    news: Callable[[str], None] = lambda message: None,
    pinned: str | None = None,
) -> Path:
    """A folder with these parts of the model, downloaded unless it already was.

    All files are of one commit, even if a branch moves meanwhile. An interrupted download resumes.
    news(message) is called before it starts and as it proceeds. pinned: as in `listing`. Raises
    UserError if the hub refuses, and UnavailableError if it cannot be reached, with what to do.
    """
    folder = downloaded(hub_id, parts)
    if folder is not None:
        return folder
    found = listing(hub_id, pinned)
    wanted = [found.files[name] for name in files_read(found.files, parts, hub_id)]
    repository = _repository(hub_id, found.commit)
    came = _Coming(hub_id, wanted, repository, news)
    # The weights come last: a download that is cut short is not taken for whole.
    for file in sorted(wanted, key=lambda file: file.name.endswith(".safetensors")):
        with said_plainly(hub_id):
            repository.fetch(file, came)
    _, revision = split_hub_id(hub_id)
    if not _COMMIT.fullmatch(revision):
        with said_plainly(hub_id):
            write_atomically(repository.folder / "refs" / revision, found.commit)
    folder = downloaded(hub_id, parts)
    if folder is None:
        raise UnavailableError(f"'{hub_id}' changed while it was downloaded", hint="build again")
    return folder


def remote_digests(
    hub_id: str, parts: Sequence[str], pinned: str | None = None
) -> tuple[str, dict[str, str]]:
    """The commit, and SHA-256 by name of the files read of these parts; no weights are downloaded.

    The hub lists the digests of its large files; the small ones are fetched. pinned: as in
    `listing`. Raises the errors of `fetch_model`.
    """
    found = listing(hub_id, pinned)
    repository = _repository(hub_id, found.commit)
    digests = {}
    for name in files_read(found.files, parts, hub_id):
        with said_plainly(hub_id):
            file = found.files[name]
            digests[name] = file.sha256 or sha256_of(repository.fetch(file))
    return found.commit, digests


def listing(hub_id: str, pinned: str | None = None) -> Listing:
    """What the hub lists for the model, at the commit that is on this machine if there is one.

    pinned: the commit to use otherwise; if it is None or gone, the one that the hub id names. A hub
    that did not answer is not tried a second time. Raises the errors of `fetch_model`.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RevisionNotFoundError

    if endpoint() in _silent:
        raise UnreachableError(hub_id, _silent[endpoint()])
    name, revision = split_hub_id(hub_id)
    here = snapshot(hub_id)
    commit = pinned if here is None else here.name
    api = HfApi(endpoint=endpoint())
    try:
        with said_plainly(hub_id):
            try:
                info = api.model_info(
                    name,
                    revision=commit or revision,
                    timeout=PATIENCE,
                    files_metadata=True,
                )
            except RevisionNotFoundError:
                if commit is None:
                    raise
                info = api.model_info(
                    name, revision=revision, timeout=PATIENCE, files_metadata=True
                )
    except UnreachableError as error:
        _silent[endpoint()] = error.why
        raise
    files = (
        HubFile(each.rfilename, each.lfs.sha256 if each.lfs else None, each.size)
        for each in info.siblings or ()
    )
    return Listing(str(info.sha), {file.name: file for file in files})


def missing(hub_id: str, commit: str, files: Iterable[HubFile]) -> int:
    """Bytes of the large ones among these files that are not on this machine."""
    repository = _repository(hub_id, commit)
    large = [file for file in files if file.sha256 is not None]
    return sum(max(0, (file.size or 0) - repository.present(file)) for file in large)


class _Coming:
    """Counts the bytes of a download, and reports its progress.

    Raises UnavailableError, before anything is transferred, if the disk has too little space for
    it.
    """

    def __init__(
        self,
        hub_id: str,
        wanted: Iterable[HubFile],
        repository: Repository,
        news: Callable[[str], None],
    ) -> None:
        files = [file for file in wanted if file.sha256 is not None]
        self._news = news
        self._what = f"downloading {hub_id}"
        self._total = sum(file.size or 0 for file in files)
        self._done = 0
        self._said = time.monotonic()
        here = sum(repository.present(file) for file in files)
        _check_room(hub_id, self._total - here, repository.cache)
        kept = f", of which {_size(here)} came before" if here else ""
        self._news(f"{self._what}: {counted(len(files), 'file')}, {_size(self._total)}{kept}")

    def __call__(self, count: int) -> None:
        self._done += count
        if time.monotonic() - self._said >= EVERY:
            self._said = time.monotonic()
            self._news(f"{self._what}, {_size(self._done)} of {_size(self._total)}")


def _check_room(hub_id: str, missing: int, cache: Path) -> None:
    there = next(folder for folder in (cache, *cache.absolute().parents) if folder.is_dir())
    free = shutil.disk_usage(there).free
    if missing > free:
        raise UnavailableError(
            f"'{hub_id}' needs {_size(missing)} more, and the disk of {there} has {_size(free)}",
            hint=f"free some space, or set HF_HOME to a folder on a larger disk; {KEPT}",
        )


def _size(count: int) -> str:
    if count >= 2**30:
        return f"{count / 2**30:.1f} GiB"
    return f"{count / 2**20:.0f} MiB" if count >= 2**20 else f"{count / 2**10:.0f} KiB"


def _repository(hub_id: str, commit: str) -> Repository:
    name, _ = split_hub_id(hub_id)
    return Repository(name, commit, endpoint(), cache_folder(), PATIENCE)


def cache_folder() -> Path:
    """Where huggingface_hub keeps downloads, according to the environment variables it reads."""
    if kept := os.environ.get("HF_HUB_CACHE"):
        return Path(kept).expanduser()
    home = os.environ.get("HF_HOME")
    base = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return (Path(home) if home else Path(base) / "huggingface").expanduser() / "hub"

"""Packs results into messages and unpacks them into another store; copies working folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from fwd_report.executors.messages import Packed
from fwd_report.remotes.arrival import ChangedError, fetch_entry, parcel_of
from fwd_report.remotes.shelf import AbsentError, RefusedError
from fwd_report.store.files import write_atomically
from fwd_report.store.store import DamagedEntryError, Store


def packed(store: Store, key: str) -> Packed:
    """Pack the entry with that key. Raises like `Store.read`."""
    try:
        parcel = parcel_of(store, key)
        files = {digest: path.read_bytes() for digest, (path, _) in parcel.files.items()}
    except (ChangedError, FileNotFoundError) as error:
        store.read(key)
        raise DamagedEntryError(str(error)) from error
    return Packed(key, parcel.text, files)


def take_in(store: Store, entry: Packed) -> None:
    """Store an entry atomically. The caller holds the key's lock.

    Raises DamagedEntryError, and stores nothing, if the entry fails verification.
    """
    try:
        with store.writing(entry.key) as folder:
            fetch_entry(_Parcel(entry), entry.key, folder, lambda count: None, lambda: False)
    except (RefusedError, AbsentError) as error:
        raise DamagedEntryError(f"a result did not arrive as it was sent: {error}") from error


class _Parcel:
    """A packed entry as a `Source`."""

    workers = 1
    patience: float | None = None

    def __init__(self, entry: Packed) -> None:
        self._entry = entry

    def __str__(self) -> str:
        return f"a worker's result {self._entry.key[:12]}"

    def keys(self) -> frozenset[str]:
        return frozenset({self._entry.key})

    def manifest(self, key: str, most: int) -> Iterator[bytes]:
        yield self._entry.manifest[:most]

    def content(self, digest: str, size: int) -> Iterator[bytes]:
        if digest not in self._entry.files:
            raise AbsentError(digest)
        yield self._entry.files[digest]


def names_in(folder: Path) -> set[str]:
    """The files of a training's working folder, except those being written."""
    try:
        return {path.name for path in folder.iterdir() if path.suffix != ".tmp" and path.is_file()}
    except OSError:
        return set()


def files_in(folder: Path, names: Iterable[str]) -> dict[str, bytes]:
    """Read these files; skip any that disappear meanwhile.

    States are read before weights: a state is written after its weights, so these are there.
    """
    found = {}
    for name in sorted(names):
        with suppress(FileNotFoundError):
            found[name] = (folder / name).read_bytes()
    return found


def write_files(folder: Path, names: Iterable[str], files: Mapping[str, bytes]) -> None:
    """Sync a working folder: write `files`, each atomically, weights before the states that refer
    to them, then delete whatever is not in `names`.
    """
    for name in sorted(files, reverse=True):
        write_atomically(folder / name, files[name])
    for name in names_in(folder) - set(names):
        (folder / name).unlink(missing_ok=True)

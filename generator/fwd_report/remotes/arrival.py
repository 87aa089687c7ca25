"""Read an entry from a store for sending, and verify one on arrival."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

from fwd_report.errors import UnavailableError, printable
from fwd_report.plan.keys import key_of
from fwd_report.remotes.shelf import DownloadSource, Moved, Parcel, RefusedError
from fwd_report.store.files import GONE, fsync, read_regular, sha256_of
from fwd_report.store.folders import is_key
from fwd_report.store.manifest import MANIFEST, Manifest, parse_manifest
from fwd_report.store.store import Store

LARGEST_MANIFEST = 64 * 2**20
"""Bytes. The loss curves of a million training steps take far less."""
MOST_FILES = 10_000
"""The most files that an entry may list."""
_PLAIN = re.compile(r"[^\x00-\x1f\x7f\\:*?\"<>|]{1,200}")


class HereError(UnavailableError):
    """An entry cannot be written to, or read from, this machine's disk."""


class ChangedError(Exception):
    """An entry of the store differs from its manifest, so it is not sent."""


def parcel_of(store: Store, key: str) -> Parcel:
    """Read an entry of the store, and verify its files against its manifest.

    Raises ChangedError if they differ, HereError if they cannot be read.
    """
    folder = store.folder(key)
    files = {}
    try:
        text = read_regular(folder / MANIFEST)
        for name, digest, size in _listed(parse_manifest(text, key, folder / MANIFEST)):
            path = folder / name
            if path.stat().st_size != size or sha256_of(path) != digest:
                raise ChangedError(f"{path} is not the file that was stored")
            files[digest] = (path, size)
    except (ValueError, RefusedError) as error:
        raise ChangedError(f"{folder} is not as it was stored: {error}") from error
    except OSError as error:
        if error.errno in GONE:
            raise ChangedError(f"{error.filename} is gone") from error
        raise HereError(f"{error.filename} cannot be read now: {error.strerror}") from error
    return Parcel(key, text, files)


def fetch_entry(
    shelf: DownloadSource, key: str, folder: Path, moved: Moved, stopped: Callable[[], bool]
) -> None:
    """Download an entry into an empty folder, manifest last, verifying each file and the key.

    Raises RefusedError if verification fails, AbsentError, RemoteError, HereError if the folder
    cannot be written, and NewerEntryError for an entry of a newer version.
    """
    text = b"".join(_told(shelf.manifest(key, LARGEST_MANIFEST + 1), moved))
    if len(text) > LARGEST_MANIFEST:
        raise RefusedError("its manifest is too large")
    try:
        manifest = parse_manifest(text, key, Path(str(shelf)))
    except ValueError as error:
        raise RefusedError(str(error)) from error
    if _made_of(manifest) != key:
        raise RefusedError("its key does not match its ingredients")
    for name, digest, size in _listed(manifest):
        if stopped():
            raise RefusedError("stopped")
        _fetch_file(shelf, digest, size, folder / name, moved)
    with _here(folder):
        with open(folder / MANIFEST, "xb") as file:
            file.write(text)
        fsync(folder / MANIFEST)
        fsync(folder)


def _fetch_file(shelf: DownloadSource, digest: str, size: int, path: Path, moved: Moved) -> None:
    pieces = shelf.content(digest, size) if size else iter(())
    found, count = hashlib.sha256(), 0
    with _here(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "xb")  # noqa: SIM115 - errors of the remote are not HereErrors
    try:
        for piece in _told(pieces, moved):
            with _here(path):
                file.write(piece)
            found.update(piece)
            count += len(piece)
            if count > size:
                break
    finally:
        with _here(path):
            file.close()
    if count != size or found.hexdigest() != digest:
        raise RefusedError(f"{path.name} is not the file that was sent")
    with _here(path):
        fsync(path)


def _told(pieces: Iterator[bytes], moved: Moved) -> Iterator[bytes]:
    """Yield the pieces, and report the size of each to `moved`."""
    for piece in pieces:
        moved(len(piece))
        yield piece


def _made_of(manifest: Manifest) -> str:
    """Compute the key of a manifest's parts; "" if they are invalid."""
    try:
        return key_of(manifest.parts)
    except (ValueError, TypeError, RecursionError):
        return ""


def _listed(manifest: Manifest) -> Iterator[tuple[str, str, int]]:
    """Yield each file's name, SHA-256 and size. Raises RefusedError for an invalid listing."""
    if len(manifest.files) > MOST_FILES:
        raise RefusedError(f"it lists {len(manifest.files):,} files")
    for name, recorded in manifest.files.items():
        digest, size = recorded.get("sha256"), recorded.get("size")
        if not _is_plain(name):
            raise RefusedError(
                f"it lists {printable(repr(name))[:80]}, which is not a valid file name"
            )
        if not isinstance(digest, str) or not is_key(digest):
            raise RefusedError(f"it lists no valid SHA-256 for {name}")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise RefusedError(f"it lists no valid size for {name}")
        yield name, digest, size


def _is_plain(name: str) -> bool:
    """Whether a file name is a path inside the entry's own folder on every operating system."""
    path = PurePosixPath(name)
    return (
        name == str(path)
        and name != MANIFEST
        and not PureWindowsPath(name).is_reserved()
        and all(_PLAIN.fullmatch(part) and part[0] != "." for part in path.parts)
        and len(path.parts) <= 8
    )


@contextmanager
def _here(path: Path) -> Iterator[None]:
    """Turn OSErrors of the block, such as a full disk or missing permissions, into HereError."""
    try:
        yield
    except OSError as error:
        place = error.filename or path
        raise HereError(f"{place}: {error.strerror or error}") from error

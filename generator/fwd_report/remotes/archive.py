"""Export results to a ZIP file with the layout of a remote, for users without one."""

from __future__ import annotations

import io
import os
import secrets
import shutil
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from fwd_report.errors import Problem, UserError, printable, reason
from fwd_report.remotes.arrival import ChangedError, parcel_of
from fwd_report.remotes.shelf import (
    CHUNK,
    AbsentError,
    RefusedError,
    RemoteError,
    file_name,
    is_file_name,
    key_in,
    keys_in,
    result_name,
)
from fwd_report.remotes.transfer import Show, unseen
from fwd_report.store.files import fsync
from fwd_report.store.manifest import NewerEntryError
from fwd_report.store.store import Store

BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""Python's errors for an archive that is damaged, encrypted or in an unknown format."""
LARGE = 2**30
"""Files of this many bytes or more are written with 64-bit sizes."""


class ArchiveSource:
    """A read-only source in an exported file. Names in the archive are never used as paths."""

    workers = 2
    patience: float | None = None

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path = path
        self._archive = archive
        self._names = archive.namelist()

    def __str__(self) -> str:
        return str(self._path)

    def keys(self) -> frozenset[str]:
        """Return the keys of all results in the file."""
        return keys_in(self._names)

    def foreign(self) -> str | None:
        """Return a name that is invalid in an export, or occurs twice; None if all are valid."""
        seen: set[str] = set()
        for name in self._names:
            if name in seen or (key_in(name) is None and not is_file_name(name)):
                return name
            seen.add(name)
        return None

    def manifest(self, key: str, most: int) -> Iterator[bytes]:
        """Unpack at most `most` bytes."""
        return self._pieces(result_name(key), most)

    def content(self, digest: str, size: int) -> Iterator[bytes]:
        """Unpack at most `size` bytes."""
        return self._pieces(file_name(digest), size)

    def _pieces(self, name: str, most: int) -> Iterator[bytes]:
        try:
            with self._archive.open(name) as file:
                while most > 0 and (piece := file.read(min(CHUNK, most))):
                    most -= len(piece)
                    yield piece
        except KeyError:
            raise AbsentError(name) from None
        except BROKEN as error:
            raise RefusedError(f"{name[:20]}… cannot be unpacked: {error}") from error
        except OSError as error:
            raise RemoteError(reason(error)) from error


@contextmanager
def opened_archive(path: Path) -> Iterator[ArchiveSource]:
    """Open an exported file. Raises UserError for any other file."""
    hint = "fwd-report store export FILE makes one"
    try:
        archive = zipfile.ZipFile(path)
    except (*BROKEN, ValueError) as error:
        raise UserError(Problem(f"{path} is no export of a store: {error}", hint=hint)) from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {reason(error)}") from error
    with archive:
        source = ArchiveSource(path, archive)
        foreign = source.foreign()
        if foreign is not None or not source.keys():
            why = f"it holds {printable(repr(foreign))[:80]}" if foreign else "it holds no result"
            raise UserError(Problem(f"{path} is no export of a store: {why}", hint=hint))
        yield source


def write_archive(
    store: Store, keys: Collection[str], path: Path, show: Show = unseen
) -> dict[str, str]:
    """Export entries to a new file, atomically. Returns why entries were left out, by key.

    Raises UserError if the file exists or cannot be written.
    """
    if os.path.lexists(path):
        raise UserError(f"{path} is there already", hint="name a new file, or delete this one")
    left: dict[str, str] = {}
    beside = path.with_name(f".{path.name[:40]}-{secrets.token_hex(4)}.tmp")
    try:
        with zipfile.ZipFile(beside, "x", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            written: set[str] = set()
            for done, key in enumerate(sorted(keys)):
                show(f"{done:,} of {len(keys):,} results to {path}", done, len(keys))
                try:
                    parcel = parcel_of(store, key)
                except (ChangedError, NewerEntryError) as error:
                    left[key] = str(error).partition("\n")[0]
                    continue
                for digest, (place, size) in parcel.files.items():
                    if digest not in written:
                        written.add(digest)
                        with place.open("rb") as file:
                            _add(archive, file_name(digest), file, size)
                _add(archive, result_name(key), io.BytesIO(parcel.text), len(parcel.text))
        fsync(beside)
        os.replace(beside, path)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {reason(error)}") from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    return left


def _add(archive: zipfile.ZipFile, name: str, content: BinaryIO, size: int) -> None:
    """Add a file with the date that `ZipFile.open` gives to all: 1980 began. So the same results
    make the same archive, and a file may have a date that a ZIP cannot hold.
    """
    with archive.open(name, "w", force_zip64=size > LARGE) as target:
        shutil.copyfileobj(content, target, CHUNK)

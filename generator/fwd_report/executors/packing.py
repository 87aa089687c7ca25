"""A stored result as bytes, to be taken into another store, and a working folder's files."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from fwd_report.store.files import fsync, write_atomically
from fwd_report.store.manifest import MANIFEST, parse_manifest
from fwd_report.store.store import DamagedEntryError, Store


def packed(store: Store, key: str) -> bytes:
    """The entry of that key as a zip. Raises as `Store.read`."""
    manifest = store.read(key)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name in (*manifest.files, MANIFEST):
            archive.write(store.folder(key) / name, name)
    return content.getvalue()


def take_in(store: Store, key: str, content: bytes) -> None:
    """Put a packed entry in place, whole or not at all. The caller holds the key's lock.

    Raises DamagedEntryError, with nothing stored, for one that is not as it was sealed.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            text = archive.read(MANIFEST)
            manifest = parse_manifest(text, key, Path(MANIFEST))
            files = {name: archive.read(name) for name in manifest.files}
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DamagedEntryError(f"the result {key} did not arrive whole: {error}") from error
    for name, data in files.items():
        if hashlib.sha256(data).hexdigest() != manifest.files[name].get("sha256"):
            raise DamagedEntryError(f"{name} of the result {key} is not what was stored")
    with store.writing(key) as folder:
        for name, data in {**files, MANIFEST: text}.items():
            write_atomically(folder / name, data)
        fsync(folder)


def names_in(folder: Path) -> set[str]:
    """The files of a training's working folder, but for those that are being written."""
    try:
        return {path.name for path in folder.iterdir() if path.suffix != ".tmp" and path.is_file()}
    except OSError:
        return set()


def files_in(folder: Path, names: Iterable[str]) -> dict[str, bytes]:
    """The content of such files. Those that go away meanwhile are left out.

    States are read before the weights they name: a state that is whole finds them.
    """
    found = {}
    for name in sorted(names):
        with suppress(FileNotFoundError):
            found[name] = (folder / name).read_bytes()
    return found


def write_files(folder: Path, names: Iterable[str], files: Mapping[str, bytes]) -> None:
    """Make it the folder of such files: those in `files` are written, each atomically, the weights
    before the states that name them, and what is not among the names is removed.
    """
    for name in sorted(files, reverse=True):
        write_atomically(folder / name, files[name])
    for name in names_in(folder) - set(names):
        (folder / name).unlink(missing_ok=True)

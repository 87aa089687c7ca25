"""A stored result as bytes, to be taken into another store, and a working folder's files."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
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


def files_in(folder: Path) -> dict[str, bytes]:
    """The files of a working folder. Those that go away meanwhile are left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.endswith(".tmp"):
            try:
                found[path.relative_to(folder).as_posix()] = path.read_bytes()
            except FileNotFoundError:
                continue
    return found


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write such files, each atomically; those that are there already stay."""
    for name, data in files.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != len(data):
            write_atomically(path, data)

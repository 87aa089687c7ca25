"""A model's identity as part of a run's key: what is read of it. No torch.

The same files have the same digest wherever they lie: in a folder, in the hub's cache, on the hub.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from fwd_report.errors import UserError
from fwd_report.models import hub
from fwd_report.models.folder_layout import files_read
from fwd_report.store.files import read_cache, sha256_of, write_cache

OUTSIDE_KEYS = "what it computes is in the keys"


def model_digest(model: Path | str, cache: Path, parts: Sequence[str]) -> str:
    """SHA-256 over the names and digests of the files that are read of these parts of a model.

    cache: a JSON file that remembers digests of files by path and stamp, so that an unchanged
    model costs a few `stat` calls, and those of a hub id: where the model is not (any more), it
    is still known what results were made by. A hub id of which nothing is known stands for
    itself. Raises UserError for a folder that is not whole.
    """
    try:
        return digest_of(file_digests(model, cache, parts))
    except UserError:
        if isinstance(model, Path):
            raise
        return model


def digest_of(files: Mapping[str, str]) -> str:
    """SHA-256 over names and digests of files."""
    lines = (f"{name} {digest}\n" for name, digest in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def file_digests(model: Path | str, cache: Path, parts: Sequence[str]) -> dict[str, str]:
    """The SHA-256 of each file that is read of these parts, as `part/file`.

    Raises UserError for a folder that is not whole, and as `hub.fetch` for a hub id of which
    nothing is known.
    """
    if isinstance(model, Path):
        return digests_in(model, cache, parts)
    asked = f"{model} {' '.join(parts)}"
    folder = hub.downloaded(model, parts)
    known = read_cache(cache).get(asked)
    if folder is not None:
        digests = digests_in(folder, cache, parts)
    elif isinstance(known, dict) and all(isinstance(value, str) for value in known.values()):
        return known
    else:
        digests = hub.remote_digests(model, parts)
    if known != digests:
        write_cache(cache, {**read_cache(cache), asked: digests})
    return digests


def forget(cache: Path) -> None:
    """Digest every file anew from now on: one was not what its stamp said."""
    cache.unlink(missing_ok=True)


def digests_in(folder: Path, cache: Path, parts: Sequence[str]) -> dict[str, str]:
    """As `file_digests`, of a folder."""
    names = [
        path.relative_to(folder).as_posix()
        for part in parts
        for path in (folder / part).glob("*")
        if path.is_file()
    ]
    known = read_cache(cache)
    found = {}
    for name in files_read(names, parts, folder):
        path = folder / name
        stat = path.stat()
        stamp = f"{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}:{stat.st_ino}"
        entry = known.get(str(path))
        if not (isinstance(entry, dict) and entry.get("stamp") == stamp):
            entry = {"stamp": stamp, "sha256": sha256_of(path)}
        found[name] = entry
    if any(known.get(str(folder / name)) != entry for name, entry in found.items()):
        write_cache(cache, {**known, **{str(folder / n): entry for n, entry in found.items()}})
    return {name: entry["sha256"] for name, entry in found.items()}

"""A model's identity as part of a run's key: what its weights and configuration are. No torch."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from fwd_report.errors import UserError
from fwd_report.models.hub import snapshot
from fwd_report.models.layout import PARTS, SUFFIXES
from fwd_report.store.files import read_json, sha256_of, write_json


def model_digest(model: Path | str, cache: Path, parts: Sequence[str] = PARTS) -> str:
    """SHA-256 over the names and contents of a folder's weights and configuration files.

    parts: the folders in it that count; `WHOLE` is the folder itself. cache: a JSON file that
    remembers file digests by path, size and time of change, so that an unchanged model costs a few
    `stat` calls. A hub id's digest is its downloaded commit, which `cache` remembers: where the
    model is not (any more), it is still known what results were made by; `id@main` while nothing
    is known. Raises UserError if the folder has no weights.
    """
    if isinstance(model, str):
        return f"{model}@{_commit(model, cache)}"
    files = [
        path
        for part in parts
        for path in sorted((model / part).glob("*"))
        if path.suffix in SUFFIXES
    ]
    if not any(path.suffix == ".safetensors" for path in files):
        folder = Path(parts[0]) / "*.safetensors"
        raise UserError(
            f"{model} has no weights",
            hint=f"a model folder holds {folder.as_posix()}; other weight formats are not read",
        )
    known = read_json(cache)
    digests = {}
    for path in files:
        stat = path.stat()
        stamp = f"{stat.st_size}:{stat.st_mtime_ns}"
        entry = known.get(str(path))
        if not (isinstance(entry, dict) and entry.get("stamp") == stamp):
            entry = {"stamp": stamp, "sha256": sha256_of(path)}
        digests[str(path)] = entry
    if any(known.get(path) != entry for path, entry in digests.items()):
        write_json(cache, {**known, **digests})
    total = hashlib.sha256()
    for path in files:
        line = f"{path.relative_to(model).as_posix()} {digests[str(path)]['sha256']}\n"
        total.update(line.encode())
    return total.hexdigest()


def _commit(hub_id: str, cache: Path) -> str:
    """The commit of a hub model: that downloaded here, else that remembered, else `main`."""
    known = read_json(cache)
    downloaded = snapshot(hub_id)
    if downloaded is None:
        remembered = known.get(hub_id)
        return remembered if isinstance(remembered, str) else "main"
    if known.get(hub_id) != downloaded.name:
        write_json(cache, {**known, hub_id: downloaded.name})
    return downloaded.name

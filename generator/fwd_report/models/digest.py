"""A model's identity as part of a run's key: the digest of the files that are read. No torch.

The same files have the same digest wherever they lie: in a folder, in the hub's cache, on the hub.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from fwd_report.errors import UserError
from fwd_report.models import hub
from fwd_report.models.folder_layout import files_read
from fwd_report.store.files import read_checked, write_checked
from fwd_report.store.memory import Memory
from fwd_report.store.store import Store

OUTSIDE_KEYS = "what it computes is in the keys"

RECORD = "models.json"
"""In `.fwd-report/`: the content of each hub id when it was last seen, and its commit."""
COMMIT = "commit"


def model_digest(model: Path | str, store: Store, parts: Sequence[str]) -> str:
    """SHA-256 over the names and digests of the files that are read of these parts of a model.

    store: its memory of file digests reduces this to a few `stat` calls, and its record of hub ids
    tells which model made the results, even if the model is not, or no longer, here. A hub id of
    which nothing is known stands for itself. Raises UserError for an incomplete folder.
    """
    try:
        return digest_of_parts(file_digests(model, store, parts))
    except UserError:
        if isinstance(model, Path):
            raise
        return model


def digest_of_parts(files: Mapping[str, str]) -> str:
    """SHA-256 over names and digests of a model's files, as `digests_in` returns them."""
    lines = (f"{name} {digest}\n" for name, digest in sorted(files.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def file_digests(model: Path | str, store: Store, parts: Sequence[str]) -> dict[str, str]:
    """The SHA-256 of each file that is read of these parts, as `part/file`.

    Raises UserError for an incomplete folder, and the errors of `hub.fetch` for a hub id of which
    nothing is known.
    """
    if isinstance(model, Path):
        return digests_in(model, store.memory, parts)
    asked = f"{model} {' '.join(parts)}"
    folder = hub.downloaded(model, parts)
    record = store.base / RECORD
    commit = seen_commit(model, store)
    known = read_checked(record).get(asked)
    if folder is not None:
        commit, digests = folder.name, digests_in(folder, store.memory, parts)
    elif isinstance(known, dict) and all(isinstance(value, str) for value in known.values()):
        return known
    else:
        commit, digests = hub.remote_digests(model, parts, commit)
    if known != digests or seen_commit(model, store) != commit:
        write_checked(record, {**read_checked(record), asked: digests, model: {COMMIT: commit}})
    return digests


def seen_commit(model: str, store: Store) -> str | None:
    """The commit that a hub id stood for when this project's results were planned by it."""
    known = read_checked(store.base / RECORD).get(model)
    commit = known.get(COMMIT) if isinstance(known, dict) else None
    return commit if isinstance(commit, str) else None


def digests_in(folder: Path, memory: Memory, parts: Sequence[str]) -> dict[str, str]:
    """As `file_digests`, for a folder."""
    names = [
        path.relative_to(folder).as_posix()
        for part in parts
        for path in (folder / part).glob("*")
        if path.is_file()
    ]
    return {name: memory.of_file(folder / name) for name in files_read(names, parts, folder)}

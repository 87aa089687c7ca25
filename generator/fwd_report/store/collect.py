"""Results that no run needs any more: found, listed with age and cost, and deleted on request.

Only what the tool can prove it wrote: entries with a manifest of their key, and folders of
trainings and of killed builds, by the pattern of their names; nothing behind a link out of the
project.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from fwd_report.errors import UnavailableError
from fwd_report.store.folders import ASIDE, inside, is_key, remove, size_of, unfinished_folders
from fwd_report.store.manifest import MANIFEST, Manifest, NewerEntryError
from fwd_report.store.store import SECONDS, Store

Kind = Literal["result", "training", "damaged", "half-written"]
DAY = 86_400.0


@dataclass(frozen=True)
class Unused:
    """Something in the store that no run of the current specs uses.

    name: the run it was made for, if known. age: seconds since it was made. cost: seconds to make
    it again. size: bytes. asks: whether a model, or other results that may depend on one, are part
    of its key, if known.
    """

    path: Path
    key: str
    kind: Kind
    name: str
    age: float
    cost: float
    size: int
    asks: bool = False


@dataclass(frozen=True)
class Survey:
    """The result of `survey`: what may be deleted, and what is left alone with the reason."""

    unused: tuple[Unused, ...]
    left: tuple[str, ...]


def survey(store: Store, used: set[str], linked: bool = False) -> Survey:
    """Everything in the store that has no key in `used`; deletes nothing.

    linked: look also behind links that lead out of the project.
    """
    unused: list[Unused] = []
    left: list[str] = []

    def may_look(folder: Path) -> bool:
        if not os.path.lexists(folder):
            return False
        if linked or inside(folder, store.base.parent):
            return True
        left.append(
            f"{folder} leads out of the project, to {folder.resolve()}: nothing there is deleted. "
            "Other projects may keep results there; --linked deletes there too"
        )
        return False

    if may_look(store.root):
        for place in store.places():
            if place.name not in used:
                try:
                    unused.append(_entry(store, place))
                except (ValueError, UnavailableError) as error:
                    left.append(_why_left(place, error))
        unused += (
            _folder(path, path.name[1:65], "half-written")
            for path in unfinished_folders(store.root)
        )
        unused += _damaged(store.root.glob(f"??/.{ASIDE}-*"), f".{ASIDE}-")
    if may_look(store.base / ASIDE):
        unused += _damaged((store.base / ASIDE).glob("*"), "")
    if may_look(store.base / "training"):
        for path in sorted((store.base / "training").iterdir()):
            if not is_key(path.name) or path.is_symlink() or not path.is_dir():
                left.append(f"{path} is no folder of a training")
            elif path.name not in used or store.has(path.name):
                unfinished = not store.has(path.name)
                unused.append(_folder(path, path.name, "training", asks=unfinished))
    return Survey(tuple(unused), tuple(left))


def kept_back(found: Sequence[Unused], age: float, cost: float) -> list[Unused]:
    """Those that are younger than `age` seconds or cost more than `cost` seconds to make again.

    Half-written entries of killed builds are useless and never kept.
    """
    return [
        item
        for item in found
        if item.kind != "half-written" and (item.age < age or item.cost > cost)
    ]


def delete(store: Store, found: Sequence[Unused]) -> list[Unused]:
    """Delete these, except those that a process is working on now; returns what was deleted."""
    gone = []
    for item in found:
        lock = store.lock(item.key)
        if not lock.acquire():
            continue
        try:
            if os.path.lexists(item.path):
                remove(item.path)
                gone.append(item)
        finally:
            lock.release()
    return gone


def _entry(store: Store, place: Path) -> Unused:
    """Raises ValueError for an entry without a manifest of its key, UnavailableError as reading
    does.
    """
    if place.is_symlink():
        raise ValueError("it is a link")
    manifest = store.parsed(place.name)
    age = min(_age(place / MANIFEST), _since(manifest))
    cost = manifest.provenance.get("seconds", 0.0)
    return Unused(
        place,
        place.name,
        "result",
        str(manifest.provenance.get("run", place.name[:12])),
        age,
        float(cost) if isinstance(cost, (int, float)) and math.isfinite(cost) else 0.0,
        size_of(place),
        any(manifest.parts.get(part) for part in ("model", "scorer", "needs")),
    )


def _folder(path: Path, key: str, kind: Kind, asks: bool = False) -> Unused:
    newest = min((_age(item) for item in (path, *path.rglob("*"))), default=0.0)
    return Unused(path, key, kind, key[:12], newest, _seconds_of(path), size_of(path), asks)


def _damaged(paths: object, prefix: str) -> list[Unused]:
    """Damaged entries that were moved aside: `prefix` KEY-TIME."""
    found = []
    for path in paths:  # type: ignore[attr-defined]
        key, _, stamp = path.name.removeprefix(prefix).partition("-")
        if is_key(key) and stamp.isdigit() and not path.is_symlink():
            age = max(0.0, time.time() - int(stamp) / 1e9)
            found.append(Unused(path, key, "damaged", key[:12], age, 0.0, size_of(path)))
    return found


def _age(path: Path) -> float:
    try:
        return max(0.0, time.time() - path.lstat().st_mtime)
    except OSError:
        return 0.0


def _since(manifest: Manifest) -> float:
    try:
        finished = datetime.fromisoformat(str(manifest.provenance["finished"]))
        return max(0.0, time.time() - finished.timestamp())
    except (KeyError, ValueError, OverflowError):
        return math.inf


def _seconds_of(folder: Path) -> float:
    """How many seconds an unfinished training has run, by its own record."""
    try:
        seconds = float((folder / SECONDS).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0


def _why_left(place: Path, error: Exception) -> str:
    if isinstance(error, NewerEntryError | UnavailableError):
        return str(error).splitlines()[0]
    return f"{place} is left alone: {error}; fwd-report store verify looks into it"

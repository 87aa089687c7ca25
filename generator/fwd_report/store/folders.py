"""The tool's own folder, `.fwd-report/`: what belongs there, and what the tool may move.

The tool deletes only what it can prove it wrote: by its own pattern of names, and never through a
link. Anything else in the place of one of its folders or files is moved aside with a message.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import time
from pathlib import Path

from fwd_report.errors import UnavailableError, say

OWNED = ".fwd-report"
ASIDE = "aside"
KEY = re.compile(r"[0-9a-f]{64}")
PART = ".part-"
"""Follows the key in the hidden name of an entry that is being written."""
GOING = ".gone-"
"""Follows the key in the hidden name of an entry that is being deleted."""
COSTLY = ("store", "training")
"""Folders that may be links to another disk and whose loss costs hours: a dangling link is kept."""


def is_key(name: str) -> bool:
    """Whether a name is a run's key: 64 hexadecimal digits."""
    return KEY.fullmatch(name) is not None


def inside(path: Path, root: Path) -> bool:
    """Whether `path` lies below `root` with no link and no `..` between them.

    A path that does not exist is judged by its name.
    """
    try:
        parts = path.relative_to(root).parts
    except ValueError:
        return False
    if not parts or ".." in parts:
        return False
    step = root
    for part in parts:
        step = step / part
        if step.is_symlink() or _is_junction(step):
            return False
    return True


def _is_junction(path: Path) -> bool:
    """Whether it is a junction, Windows' other kind of link; Python recognises them from 3.12
    on.
    """
    known = getattr(os.path, "isjunction", None)
    return known is not None and known(path)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents; in `.fwd-report/`, moves aside anything else in its place.

    Raises UnavailableError if a dangling link is in the way, whose target may hold results, and
    OSError if the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTDIR, errno.ELOOP, errno.ENOENT):
            raise
        blocking = _blocking(folder)
        if blocking is None:
            raise
        if blocking.is_symlink() and blocking.name in COSTLY and _leads_nowhere(blocking):
            raise UnavailableError(
                f"{blocking} is a link to {os.readlink(blocking)}, which is not there",
                hint="mount what it points to, or remove the link to start with an empty folder",
            ) from error
        if not set_aside(blocking, "is no folder, and one belongs there"):
            raise
    folder.mkdir(parents=True, exist_ok=True)


def set_aside(path: Path, why: str) -> Path | None:
    """Move something in `.fwd-report/` that does not belong there out of the way, with a message.

    Returns its new path, or None for a path that is not the tool's. Nothing is deleted.
    """
    base = _base_of(path)
    if base is None or path == base:
        return None
    name = f"{path.name}-{time.time_ns()}"
    aside = base / ASIDE
    if path == aside:
        target = base / name
    else:
        make_folder(aside)
        target = aside / name
    try:
        os.rename(path, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        target = path.with_name(f".{ASIDE}-{name}")
        os.rename(path, target)
    say(f"warning: {path} {why}; it is now {target}", err=True)
    return target


def remove(path: Path) -> None:
    """Delete a file, a link (not its target) or a folder, so that no half of it is ever visible."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    name = path.name.lstrip(".")[:64]
    doomed = path.with_name(f".{name}{GOING}{secrets.token_hex(4)}")
    os.rename(path, doomed)
    shutil.rmtree(doomed, ignore_errors=True)


def unfinished_folders(root: Path) -> list[Path]:
    """The hidden folders beside the entries that were being written or deleted, by their names."""
    found = []
    for path in root.glob("??/.*"):
        key, mark = path.name[1:65], path.name[65:71]
        ours = is_key(key) and key[:2] == path.parent.name and mark in (PART, GOING)
        if ours and path.is_dir() and not path.is_symlink():
            found.append(path)
    return found


def size_of(path: Path) -> int:
    """The bytes of a file or of all files in a folder; unreadable parts count as 0."""
    total = 0
    for place in (path, *path.rglob("*")) if path.is_dir() and not path.is_symlink() else (path,):
        try:
            total += place.lstat().st_size if not place.is_dir() else 0
        except OSError:
            continue
    return total


def _base_of(path: Path) -> Path | None:
    """The `.fwd-report` folder that contains `path`, judged by its name."""
    return next((above for above in (path, *path.parents) if above.name == OWNED), None)


def _blocking(folder: Path) -> Path | None:
    """The topmost path below `.fwd-report` on the way to `folder` that is not a folder."""
    base = _base_of(folder)
    if base is None:
        return None
    for place in reversed((folder, *folder.parents)):
        below = place != base and base in place.parents
        if below and os.path.lexists(place) and not os.path.isdir(place):
            return place
    return None


def _leads_nowhere(link: Path) -> bool:
    """Whether a link's target is missing, as opposed to a loop or a target that is no folder."""
    try:
        os.stat(link)
    except OSError as error:
        return error.errno == errno.ENOENT
    return False

"""The package's source files as they were when this process began to import them.

Python does not record what a module was imported from. A file that has not changed since before the
first import is what was imported.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

from fwd_report.errors import CodeChangedError

BEGAN_NS = time.time_ns()
"""When this process began to read the package, in nanoseconds since 1970."""
INSTALLED = (".dist-info", ".egg-info", ".egg-link", ".pth")
Stamp = str
"""Size, modification time, change time, inode and device."""


def stamp_in(stat: os.stat_result) -> Stamp:
    """The stamp of a file: it changes with every write, and a copy has another.

    The change time is the system's own, and tools that restore the modification time do not set it
    back, so an edit that is undone still shows.
    """
    return f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_ino} {stat.st_dev}"


def stamp_of(path: str | Path) -> Stamp | None:
    """The stamp of the file at a path; None if there is no file."""
    try:
        return stamp_in(os.stat(path))
    except OSError:
        return None


def require_untouched(began: Mapping[str, Stamp | None]) -> None:
    """Raise CodeChangedError if the source of a loaded module no longer has its stamp.

    began: the stamps before the first import, in this process or in the one that it works for.
    """
    package = __name__.partition(".")[0]
    for name, module in list(sys.modules.items()):
        path = file_of(module) if name.startswith(f"{package}.") else None
        if path is None:
            continue
        if not stamp_of(path) == AT_START.get(str(path)) == began.get(str(path)):
            raise CodeChangedError(path)


def file_of(module: ModuleType) -> Path | None:
    """The source file of a module; None if it has none."""
    file = getattr(module, "__file__", None)
    return Path(file) if file is not None and file.endswith(".py") else None


@cache
def installed() -> str:
    """A digest of Python's version and of the names and versions of all installed packages.

    Those are the names of the folders that package managers leave beside what they install.
    """
    found = [sys.version]
    for place in sys.path:
        try:
            found += sorted(name for name in os.listdir(place or ".") if name.endswith(INSTALLED))
        except OSError:
            continue
    return hashlib.sha256("\n".join(found).encode("utf-8", "surrogateescape")).hexdigest()


def _stamps(folder: str) -> dict[str, Stamp | None]:
    found: dict[str, Stamp | None] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                found[entry.path] = stamp_of(entry.path)
            elif "." not in entry.name and entry.name != "__pycache__" and entry.is_dir():
                found |= _stamps(entry.path)
    return found


def remember(path: Path) -> None:
    """Record the stamp of another package's source before it is imported."""
    AT_START.setdefault(str(path), stamp_of(path))


AT_START = _stamps(os.path.dirname(__file__))
"""The stamp of every source file, by path."""

"""What files hold, by content: the SHA-256 of each, remembered while the inode is unchanged.

Paths and times alone would call a copied project stale and a file edited within its time stamp
current. A digest is looked up only under size, times and inode together, which a copy, an edit in
place or a restored backup change.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path

from fwd_report.store.files import write_atomically

SETTLED_NS = 2_000_000_000
"""How old a file's last change must be before its digest is remembered: two edits within the
resolution of a file system's clock look alike."""
ABSENT = "absent"


class Digests:
    """Digests of a project's files by name, kept in `path`; a damaged record is not believed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)
        self._used: dict[str, list[str]] = {}
        self._changed = False

    def of(self, name: str, path: str | Path) -> str:
        """Hex SHA-256 of the file at `path`, known as `name`; ABSENT where no file can be read."""
        try:
            stat = os.stat(path)
            sign = f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_ino}"
            known = self._known.get(name)
            if known is not None and known[0] == sign:
                self._used[name] = known
                return known[1]
            with open(path, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return ABSENT
        self._changed = True
        if time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > SETTLED_NS:
            self._used[name] = [sign, digest]
        return digest

    def save(self) -> None:
        """Remember what was asked for, and forget the rest; a project may be read-only."""
        if not self._changed:
            return
        text = json.dumps(self._used)
        with suppress(OSError):
            write_atomically(self._path, f"{_sum(text)}\n{text}\n")


def _read(path: Path) -> dict[str, list[str]]:
    try:
        total, text = path.read_text(encoding="utf-8").split("\n", 1)
        return json.loads(text) if total == _sum(text.rstrip("\n")) else {}
    except (OSError, ValueError, RecursionError):
        return {}


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

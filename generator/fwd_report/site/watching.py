"""Polls the sources of a report for changes.

Polling works where file events do not arrive: on network disks, in containers' mounts, with editors
that replace files. A few hundred files take about a millisecond.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from fwd_report.site.page_folders import OWNED
from fwd_report.spec.project import FOLDER

WATCHED = (FOLDER, "site_templates", "techniques", "docs", "mkdocs.yml")
MADE = "docs/index.md"
"""A build creates it if it is missing."""
EVERY = 0.1
"""Seconds between two polls."""
SETTLED = 0.05
"""Seconds without a further change after which an editor has finished saving."""


class Sources:
    """A project's sources, and which of them changed since the last look."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen = self._look()

    def changed(self, wait: Callable[[float], object]) -> list[str]:
        """The names of changed files, once they are at rest: an editor saves in several steps."""
        now = self._look()
        if now == self._seen:
            return []
        while True:
            wait(SETTLED)
            before, now = now, self._look()
            if now == before:
                break
        seen, self._seen = self._seen, now
        names = {name for name, _ in seen.items() ^ now.items()}
        return sorted(names - ({MADE} - seen.keys()))

    def touched(self) -> bool:
        """Whether something changed since the last call of `changed`."""
        names = {name for name, _ in self._look().items() ^ self._seen.items()}
        return bool(names - ({MADE} - self._seen.keys()))

    def _look(self) -> dict[str, tuple[int, int, int]]:
        return dict(self._entries())

    def _entries(self) -> Iterator[tuple[str, tuple[int, int, int]]]:
        for name in WATCHED:
            path = self._root / name
            if path.is_dir():
                yield from _below(str(path), name)
            elif (sign := _sign(str(path))) is not None:
                yield name, sign


def _below(folder: str, name: str) -> Iterator[tuple[str, tuple[int, int, int]]]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        below = f"{name}/{entry.name}"
        if _passing(entry.name) or below == f"docs/{OWNED}":
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path, below)
        elif (sign := _sign(entry.path)) is not None:
            yield below, sign


def _passing(name: str) -> bool:
    """Whether it is one of the files that editors and Python keep beside the real ones."""
    return name.startswith((".", "#")) or name.endswith(("~", ".tmp")) or name in (
        "4913", "__pycache__",
    )  # fmt: skip


def _sign(path: str) -> tuple[int, int, int] | None:
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns, stat.st_ino

"""What renders made, kept by the digest of what it was made from: pages, and converted formulas.

Content decides, so nothing kept can be outdated; what is damaged or gone is made again.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from fwd_report.store.files import read_regular, write_atomically

FOLDER = ".fwd-report/cache/made"
DAY = 86_400.0
"""Seconds after which it is noted again that something is still asked for."""
MOST_DAYS = 30
"""How long something is kept that nobody asks for."""


class Made:
    """Bytes by digest, a file each, below the folder of a project."""

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER
        self._put = False

    def get(self, digest: str) -> bytes | None:
        """What was put under that digest, or None; what is not exactly that counts as none."""
        path = self._path(digest)
        try:
            said, _, data = read_regular(path).partition(b"\n")
            if said.decode() != _sum(digest, data):
                return None
            if time.time() - path.stat().st_mtime > DAY:
                os.utime(path)
        except (OSError, ValueError):
            return None
        return data

    def put(self, digest: str, data: bytes) -> None:
        """Keep these bytes; in a project that cannot be written to, nothing."""
        self._put = True
        with suppress(OSError):
            content = f"{_sum(digest, data)}\n".encode() + data
            write_atomically(self._path(digest), content, durable=False)

    def forget_old(self) -> None:
        """Remove what nobody asked for in a long time, if this process added something."""
        if not self._put:
            return
        with suppress(OSError):
            for path in self._folder.glob("*/*"):
                if time.time() - path.stat().st_mtime > MOST_DAYS * DAY:
                    path.unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


def _sum(digest: str, data: bytes) -> str:
    return hashlib.sha256(digest.encode() + data).hexdigest()


_MADE: ContextVar[Made | None] = ContextVar("MADE", default=None)


@contextmanager
def remembering(made: Made) -> Iterator[None]:
    """Let conversions in the block be looked up there, and be kept there."""
    token = _MADE.set(made)
    try:
        yield
    finally:
        _MADE.reset(token)


def remembered() -> Made | None:
    """Where conversions are kept, inside of such a block."""
    return _MADE.get()

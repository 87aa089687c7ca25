"""One process at a time writes or reads the pages; a process that waits says for which one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from fwd_report.errors import say
from fwd_report.store.store import Store

DOES = {"site": "writes or reads the pages", "publish": "publishes the site"}
"""What the holder of each lock is doing, for messages."""


@contextmanager
def held(root: Path, name: str = "site") -> Iterator[None]:
    """Hold the project's lock of that name; while waiting, says on stderr who holds it."""
    tell = partial(say, err=True)
    with Store(root).locks.waiting(name, DOES[name], tell):
        yield

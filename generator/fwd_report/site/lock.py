"""One process at a time writes or reads the pages; who waits says for whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from fwd_report.errors import say
from fwd_report.store.store import Store

DOES = {"site": "writes or reads the pages", "publish": "publishes the site"}
"""What who holds a lock of that name is doing."""


@contextmanager
def held(root: Path, name: str = "site") -> Iterator[None]:
    """Hold the project's lock of that name; says on stderr who else has it, and waits."""
    tell = partial(say, err=True)
    with Store(root).locks.waiting(name, DOES[name], tell):
        yield

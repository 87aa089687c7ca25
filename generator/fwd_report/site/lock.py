"""One process at a time writes or reads the pages; who waits says for whom."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from fwd_report.store.store import Store

DOES = {"site": "writes or reads the pages", "publish": "publishes the site"}
"""What who holds a lock of that name is doing."""


@contextmanager
def held(root: Path, name: str = "site") -> Iterator[None]:
    """Hold the project's lock of that name; says on stderr who else has it, and waits."""
    say = partial(print, file=sys.stderr, flush=True)
    with Store(root).locks.waiting(name, DOES[name], say):
        yield

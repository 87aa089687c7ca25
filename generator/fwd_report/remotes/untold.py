"""Bytes on their way to an object store, of which its library tells only when they have arrived."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fwd_report.remotes import crew
from fwd_report.remotes.shelf import Moved

PART = 8 * 2**20
"""Bytes that an object store takes at a time; S3 takes no less than 5 MiB."""
MOST_PARTS = 10_000
"""Of one object on S3."""
SLOWEST = 32 * 2**10
"""Bytes a second that a link carries at least."""
LONGEST = 900.0
"""Seconds after which a remote counts as gone, whatever is on its way."""


class Untold:
    """How much is on its way, and how long a remote may be silent for that. Safe for threads."""

    def __init__(self) -> None:
        self._bytes = 0
        self._counting = threading.Lock()

    @property
    def patience(self) -> float:
        """Seconds without an answer after which the remote counts as gone."""
        return min(crew.PATIENCE + self._bytes / SLOWEST, max(LONGEST, crew.PATIENCE))

    @contextmanager
    def sending(self, size: int) -> Iterator[Moved]:
        """Count these bytes while the block sends them.

        It gives a function to tell of those that have arrived.
        """
        left = 0

        def change(by: int) -> None:
            nonlocal left
            with self._counting:
                by = max(by, -left)
                left += by
                self._bytes += by

        change(size)
        try:
            yield lambda count: change(-count)
        finally:
            change(-left)


def telling(moved: Moved) -> Any:
    """A callback for fsspec that reports each piece to `moved`."""
    from fsspec.callbacks import Callback

    told = 0

    def tell(size: int | None, value: int, **_: Any) -> None:
        nonlocal told
        moved(value - told)
        told = value

    return Callback(hooks={"moved": tell})

"""Timeouts for uploads to object stores, whose libraries report bytes only once they are stored."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fwd_report.remotes import transfer_pool
from fwd_report.remotes.shelf import Moved

PART = 8 * 2**20
"""Bytes per part of an upload; S3's minimum is 5 MiB."""
MOST_PARTS = 10_000
"""Maximum number of parts of an object on S3."""
SLOWEST = 32 * 2**10
"""Assumed minimum speed of a link, in bytes per second."""
LONGEST = 900.0
"""Longest timeout in seconds, however much is being uploaded."""


class Untold:
    """Counts unconfirmed bytes of uploads, and derives the timeout from them. Thread-safe."""

    def __init__(self) -> None:
        self._bytes = 0
        self._counting = threading.Lock()

    @property
    def patience(self) -> float:
        """Seconds without an answer until the remote counts as unreachable."""
        return min(
            transfer_pool.PATIENCE + self._bytes / SLOWEST, max(LONGEST, transfer_pool.PATIENCE)
        )

    @contextmanager
    def sending(self, size: int) -> Iterator[Moved]:
        """Count `size` bytes as unconfirmed while the block uploads them.

        Yields a function to call with the number of bytes that were confirmed.
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
    """Return an fsspec callback that reports each piece to `moved`."""
    from fsspec.callbacks import Callback

    told = 0

    def tell(size: int | None, value: int, **_: Any) -> None:
        nonlocal told
        moved(value - told)
        told = value

    return Callback(hooks={"moved": tell})

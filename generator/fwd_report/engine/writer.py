"""Writes results in a thread of its own, while the next batch is computed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Writer(Generic[Item]):
    """Does pieces of work in order, in other threads.

    Pieces may wait that were handed over since the last `next_batch`, and none from before: handing
    over a piece waits for those. most: pieces that may wait; handing over another then waits for
    the oldest. threads: how many pieces are done at a time.
    """

    def __init__(self, most: int, threads: int = 1) -> None:
        self._most = most
        self._thread = ThreadPoolExecutor(threads, thread_name_prefix="writer")
        self._given: deque[tuple[Item, Future[None]]] = deque()
        self._before: list[Future[None]] = []

    @property
    def busy(self) -> bool:
        """Whether anything handed over has not been collected yet."""
        return bool(self._given)

    def hand_over(self, item: Item, work: Callable[[], None]) -> None:
        """Have `work` done in the context of this call; `collect` returns it under the item."""
        wait(self._before)
        self._before = []
        if len(self._given) >= self._most:
            wait([self._given[0][1]])
        self._given.append((item, self._thread.submit(copy_context().run, work)))

    def next_batch(self) -> None:
        """What is handed over from here on belongs together."""
        self._before = [future for _, future in self._given]

    def collect(self, patience: float | None = 0) -> list[tuple[Item, Exception | None]]:
        """The items done since the last call, in order, each with the exception it raised, or None.

        patience: the longest time to wait for the first, in seconds; None: without limit.
        """
        done: list[tuple[Item, Exception | None]] = []
        if self._given and patience != 0:
            wait([self._given[0][1]], patience)
        while self._given and self._given[0][1].done():
            item, future = self._given.popleft()
            error = future.exception()
            if error is not None and not isinstance(error, Exception):
                raise error
            done.append((item, error))
        return done

    def close(self) -> list[tuple[Item, Exception | None]]:
        """Finish everything that was handed over; return the outcomes."""
        self._thread.shutdown(wait=True)
        return self.collect()

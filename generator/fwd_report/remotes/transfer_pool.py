"""Threads for calls to a remote, so that one that never answers blocks nothing else.

They are daemon threads: a call that hangs in a library does not keep the process alive.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from fwd_report.remotes.shelf import Moved, RemoteError

T = TypeVar("T")
TICK = 0.2
"""Seconds between checks for progress; signals are handled within this time."""
PATIENCE = 60.0
"""Seconds without a byte or an answer after which a remote counts as unreachable."""


class TransferPool:
    """A small thread pool. Jobs report the bytes of each piece to `moved`."""

    def __init__(self, size: int, patience: Callable[[], float | None] = lambda: None) -> None:
        self._asked_patience = patience
        self._jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._bytes = 0
        self._counting = threading.Lock()
        self._beat = time.monotonic()
        self._size = size
        for _ in range(size):
            threading.Thread(target=self._work, daemon=True).start()

    @property
    def bytes(self) -> int:
        """The number of bytes transferred so far."""
        return self._bytes

    def submit(self, name: Hashable, job: Callable[[], Any]) -> None:
        """Queue a job; `wait` returns its outcome with its name."""
        self._beat = time.monotonic()
        self._jobs.put((name, job))

    def moved(self, count: int) -> None:
        """Count transferred bytes; called by jobs."""
        with self._counting:
            self._bytes += count
        self._beat = time.monotonic()

    def stopped(self) -> bool:
        """Whether the pool is closed, so that jobs should end early."""
        return self._closed.is_set()

    def wait(self, tick: Callable[[], None] = lambda: None) -> tuple[Any, Any]:
        """Wait for a job; return its name, and what it returned or raised.

        tick: called while waiting. Raises RemoteError if there is no progress for too long.
        """
        while True:
            try:
                found: tuple[Any, Any] = self._done.get(timeout=TICK)
            except queue.Empty:
                patience = self._patience
                if time.monotonic() - self._beat > patience:
                    raise RemoteError(f"it has not answered for {patience:.0f} s") from None
                tick()
                continue
            self._beat = time.monotonic()
            return found

    def close(self) -> None:
        """Let the threads end after their current jobs."""
        self._closed.set()
        for _ in range(self._size):
            self._jobs.put(None)

    @property
    def _patience(self) -> float:
        asked = self._asked_patience()
        return PATIENCE if asked is None else asked

    def _work(self) -> None:
        while (item := self._jobs.get()) is not None and not self._closed.is_set():
            name, job = item
            try:
                answer = job()
            except Exception as error:
                answer = error
            self._done.put((name, answer))


def answered(job: Callable[[Moved], T]) -> T:
    """Run a job in a thread; raises RemoteError if it makes no progress for too long.

    The job is given `moved`, to which it reports its progress.
    """
    pool = TransferPool(1)
    try:
        pool.submit("", lambda: job(pool.moved))
        _, answer = pool.wait()
    finally:
        pool.close()
    if isinstance(answer, Exception):
        raise answer
    return answer  # type: ignore[no-any-return]

"""What happens in a worker, told to the driver as it happens."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path

from fwd_report.executors.messages import (
    At,
    Checkpoint,
    Held,
    Made,
    Message,
    Note,
    Packed,
    Stored,
)
from fwd_report.executors.packing import files_in, names_in

TELL_EVERY = 0.5
"""Seconds for which network steps are added up before they are told."""
TOGETHER = 16 * 2**20
"""Bytes of results that are told at once."""


class Relay:
    """Takes the place of the engine's progress display; messages are read by another thread.

    packed: the entry of a key that has just been stored. finished: the keys the engine is done
    with, which it adds to.
    """

    def __init__(self, packed: Callable[[str], Packed]) -> None:
        self.finished: Set[str] = frozenset()
        self._packed = packed
        self._told: set[str] = set()
        self._messages: queue.SimpleQueue[Message | BaseException | None] = queue.SimpleQueue()
        self._made: dict[str, tuple[int, float]] = {}
        self._since = time.monotonic()
        self._peak = 0

    def advance(self, cost: str, steps: int, seconds: float) -> None:
        before = self._made.get(cost, (0, 0.0))
        self._made[cost] = (before[0] + steps, before[1] + seconds)
        if time.monotonic() - self._since >= TELL_EVERY:
            self._tell_made()

    def skip(self, cost: str, steps: int) -> None:
        if steps:
            self.put(Made(cost, steps, None))

    def working_on(self, what: str) -> None:
        self.put(At(what))

    def held(self, peak: int | None) -> None:
        if peak is not None and peak > self._peak:
            self._peak = peak
            self.put(Held(peak))

    def run_done(self) -> None:
        """Tell which results were stored since the last time."""
        self._tell_made()
        for key in self.finished - self._told:
            self._told.add(key)
            self.put(Stored(self._packed(key)))

    def note(self, message: str) -> None:
        self.put(Note(message))

    def failed(self, message: str) -> None:
        """Failures are told by themselves, and in the driver's words."""

    def put(self, message: Message) -> None:
        self._messages.put(message)

    def close(self, error: BaseException | None = None) -> None:
        """Nothing more is told; error: why the work ended before its end."""
        self._tell_made()
        self._messages.put(error)

    def read(self) -> Iterator[list[Message]]:
        """The messages until `close`, those that are there together. Raises its error, after all
        that was told before.
        """
        ended = False
        error: BaseException | None = None
        while not ended:
            together: list[Message] = []
            size, last_at = 0, None
            message = self._messages.get()
            while True:
                if message is None:
                    ended = True
                elif isinstance(message, BaseException):
                    ended, error = True, message
                elif isinstance(message, At):
                    last_at = message
                else:
                    together.append(message)
                    size += message.entry.size if isinstance(message, Stored) else 0
                if ended or size > TOGETHER or self._messages.empty():
                    break
                message = self._messages.get()
            if last_at is not None:
                together.append(last_at)
            if together:
                yield together
        if error is not None:
            raise error

    def _tell_made(self) -> None:
        for cost, (steps, seconds) in self._made.items():
            self.put(Made(cost, steps, seconds))
        self._made = {}
        self._since = time.monotonic()


@contextmanager
def checkpoints_told(relay: Relay, folders: Mapping[str, Path], every: float) -> Iterator[None]:
    """While the block runs, look every so many seconds whether a training has saved a state, and
    tell it. folders: by key.
    """
    ended = threading.Event()

    def watch() -> None:
        told = {key: names_in(folder) for key, folder in folders.items()}
        while not ended.wait(every):
            for key, folder in folders.items():
                names = names_in(folder)
                if any(name.startswith(".state-") for name in names - told[key]):
                    files = files_in(folder, names - told[key])
                    relay.put(Checkpoint(key, sorted(names), files))
                    told[key] = names

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()

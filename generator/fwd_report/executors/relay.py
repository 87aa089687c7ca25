"""Streams a worker's progress and results to the driver."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
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
"""Seconds between reports of network steps."""
TOGETHER = 16 * 2**20
"""Bytes of results after which a batch of messages is sent."""


class Relay:
    """Stands in for the engine's progress display; another thread reads its messages.

    packed: packs a stored entry by key. finished: the engine's own set of finished keys, which
    grows as it runs.
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
        """Send the results stored since the last call."""
        self._tell_made()
        for key in self.finished - self._told:
            self._told.add(key)
            self.put(Stored(self._packed(key)))

    def note(self, message: str) -> None:
        self.put(Note(message))

    def failed(self, message: str) -> None:
        """Do nothing: the worker sends failures as messages, and the driver words them."""

    def put(self, message: Message) -> None:
        self._messages.put(message)

    def close(self, error: BaseException | None = None) -> None:
        """End the messages. error: what made the work end early."""
        self._tell_made()
        self._messages.put(error)

    def read(self) -> Iterator[list[Message]]:
        """Yield batches of messages until `close`, then raise its error, if any."""
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
    """While the block runs, check every `every` seconds for new training checkpoints, and send
    them. folders: the working folders, by key.
    """
    ended = threading.Event()
    told = {key: names_in(folder) for key, folder in folders.items()}

    def watch() -> None:
        while not ended.wait(every):
            for key, folder in folders.items():
                names = names_in(folder)
                if _has_state(names - told[key]):
                    files = files_in(folder, names - told[key])
                    # A training that has just ended takes its folder away while it is read.
                    if _has_state(files):
                        told[key] = names & (told[key] | files.keys())
                        relay.put(Checkpoint(key, sorted(told[key]), files))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _has_state(names: Iterable[str]) -> bool:
    return any(name.startswith(".state-") for name in names)

"""The interface between the foreman and a crew of workers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from fwd_report.executors.messages import Message, Order


@dataclass(frozen=True)
class Ended:
    """A worker has completed its order."""


@dataclass(frozen=True)
class Lost:
    """A worker was lost. why: for a message. blamed: its runs may be the cause."""

    why: str
    blamed: bool = True


class Crew(Protocol):
    """Workers by name."""

    @property
    def size(self) -> int:
        """The number of workers, including those still starting."""
        ...

    @property
    def fill(self) -> int:
        """How many runs fill the batches of one worker."""
        ...

    def idle(self) -> Sequence[str]:
        """The workers that can be given an order."""

    def give(self, worker: str, order: Order, needs: Sequence[str]) -> None:
        """Send an order, and the stored results of the keys in `needs` that the worker lacks."""

    def hear(self, seconds: float) -> Iterable[tuple[str, Sequence[Message] | Ended | Lost]]:
        """Yield what workers report, waiting at most `seconds` for the first report."""

    def place(self, worker: str) -> str:
        """The worker's name and node, for messages."""

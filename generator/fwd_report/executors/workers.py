"""What a crew of workers is to the foreman, wherever they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from fwd_report.executors.messages import Message, Order


@dataclass(frozen=True)
class Ended:
    """A worker is through with its order."""


@dataclass(frozen=True)
class Lost:
    """A worker is gone, and why, in words. blamed: what it ran may be the cause."""

    why: str
    blamed: bool = True


class Crew(Protocol):
    """Workers by name."""

    @property
    def size(self) -> int:
        """How many there are, those still starting counted in."""
        ...

    @property
    def fill(self) -> int:
        """Runs that fill the batches of one."""
        ...

    def idle(self) -> Sequence[str]:
        """Those who can be given an order."""

    def give(self, worker: str, order: Order, needs: Sequence[str]) -> None:
        """Send an order, with the stored results of these keys where the worker lacks them."""

    def hear(self, seconds: float) -> Iterable[tuple[str, Sequence[Message] | Ended | Lost]]:
        """What workers say, waiting at most so long for something."""

    def place(self, worker: str) -> str:
        """Who that is and where, in words."""

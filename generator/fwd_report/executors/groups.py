"""The ready runs, grouped by the network they query. A piece is cut from one group."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class _Group:
    """Runs that query the same network, at the same price per step."""

    cost: str
    ready: OrderedDict[str, int] = field(default_factory=OrderedDict)
    """Network steps of each ready run, by key."""
    steps: int = 0
    """Network steps of all ready runs."""
    workers: set[str] = field(default_factory=set)
    given: int = 0
    given_steps: int = 0
    """Runs handed out so far, counting repeats, and their steps."""


class Groups:
    """The ready runs. price: seconds per network step of a cost class."""

    def __init__(self, price: Callable[[str], float]) -> None:
        self._price = price
        self._groups: dict[str, _Group] = {}
        self._last: dict[str, _Group] = {}
        """The last group of each worker."""
        self._of: dict[str, _Group] = {}
        """The group of each ready run."""

    @property
    def seconds(self) -> float:
        """The estimated time of all ready runs."""
        return sum(group.steps * self._price(group.cost) for group in self._groups.values())

    def add(self, key: str, cost: str, steps: int, first: bool = False) -> None:
        """Add a ready run. first: put it at the front of its group."""
        group = self._of[key] = self._groups.setdefault(cost, _Group(cost))
        group.ready[key] = steps
        group.steps += steps
        if first:
            group.ready.move_to_end(key, last=False)

    def discard(self, key: str) -> None:
        """Remove a run, if present."""
        group = self._of.pop(key, None)
        if group is not None:
            group.steps -= group.ready.pop(key)

    def leave(self, worker: str) -> None:
        """Remove a worker from its group."""
        group = self._last.pop(worker, None)
        if group is not None:
            group.workers.discard(worker)

    def cut(
        self, worker: str, seconds: float, workers: int, fill: int, most: Callable[[str], int]
    ) -> list[str]:
        """Cut a piece of about `seconds` for one of `workers` workers; [] if nothing is ready.

        It holds at least `fill` runs, enough for full batches, or an equal share if there are
        fewer. A worker keeps its network while that has work. most: the largest piece per run.
        """
        group = self._choose(worker)
        if group is None:
            return []
        # A worker that joins a group gets as large a share as those already in it.
        new = worker not in group.workers
        runs = len(group.ready) + (group.given if new else 0)
        steps = group.steps + (group.given_steps if new else 0)
        if self._last.get(worker) is not group:
            self.leave(worker)
            self._last[worker] = group
            group.workers.add(worker)
        share = steps * self._price(group.cost) / workers
        piece = self._take(group, seconds, min(fill, -(-runs // workers)), share, most)
        group.given += len(piece)
        group.given_steps += sum(piece.values())
        return list(piece)

    def _choose(self, worker: str) -> _Group | None:
        """The worker's last group if it has work, else the one with most work per worker."""
        last = self._last.get(worker)
        if last is not None and last.ready:
            return last
        return max(
            (group for group in self._groups.values() if group.ready),
            key=lambda group: group.steps * self._price(group.cost) / (1 + len(group.workers)),
            default=None,
        )

    def _take(
        self,
        group: _Group,
        wanted: float,
        least: int,
        share: float,
        most: Callable[[str], int],
    ) -> dict[str, int]:
        """Take runs for `wanted` seconds, and at least `least` runs unless they exceed `share`
        seconds. Returns the steps of each.
        """
        price, seconds, largest = self._price(group.cost), 0.0, len(group.ready)
        piece: dict[str, int] = {}
        while group.ready and (
            not piece or seconds < wanted or (len(piece) < least and seconds < share)
        ):
            key = next(iter(group.ready))
            largest = min(largest, most(key))
            if len(piece) >= max(1, largest):
                break
            piece[key] = group.ready[key]
            seconds += piece[key] * price
            self.discard(key)
        return piece

"""Runs that are ready, by the network they ask: pieces are cut off one group at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class _Group:
    """Runs that are alike: they ask the same network, at the same price a step."""

    cost: str
    ready: OrderedDict[str, int] = field(default_factory=OrderedDict)
    """Network steps of each run that is ready, by its key."""
    steps: int = 0
    """Of all of them."""
    workers: set[str] = field(default_factory=set)
    given: int = 0
    given_steps: int = 0
    """Runs that were handed out, each as often as it was, and their steps."""


class Groups:
    """The runs that are ready. price: seconds a network step of a cost class."""

    def __init__(self, price: Callable[[str], float]) -> None:
        self._price = price
        self._groups: dict[str, _Group] = {}
        self._last: dict[str, _Group] = {}
        """Where each worker was last."""
        self._of: dict[str, _Group] = {}
        """The group of each run that is ready."""

    @property
    def seconds(self) -> float:
        """What all that is ready takes."""
        return sum(group.steps * self._price(group.cost) for group in self._groups.values())

    def add(self, key: str, cost: str, steps: int, first: bool = False) -> None:
        """A run is ready. first: before all others of its group."""
        group = self._of[key] = self._groups.setdefault(cost, _Group(cost))
        group.ready[key] = steps
        group.steps += steps
        if first:
            group.ready.move_to_end(key, last=False)

    def discard(self, key: str) -> None:
        """A run is not to be handed out any more, if it was."""
        group = self._of.pop(key, None)
        if group is not None:
            group.steps -= group.ready.pop(key)

    def leave(self, worker: str) -> None:
        """A worker is no more."""
        group = self._last.pop(worker, None)
        if group is not None:
            group.workers.discard(worker)

    def cut(
        self, worker: str, seconds: float, workers: int, fill: int, most: Callable[[str], int]
    ) -> list[str]:
        """A piece of about so many seconds for one of so many workers; [] where nothing is ready.

        It has as many runs as fill a worker's batches, or as many as each worker can have. A worker
        stays with its network while that has work for it. most: runs of a piece that a run is in.
        """
        group = self._choose(worker)
        if group is None:
            return []
        # Who comes to a network gets as much of it as those who came before.
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
        """The group the worker was at, or the one with most to do for those who are at it."""
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
        """Runs of so many seconds, or as many runs where they are no more than a share of all; the
        steps of each.
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

"""Which runs go to which worker and when: pieces of bounded cost from a queue. Knows no Ray.

A piece is a share of what is left for each worker, so pieces begin large and end small: guided
self-scheduling (Polychronopoulos & Kuck 1987). Runs that ask one network stay together, and a
training is a piece of its own, the longest chain of work first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fwd_report.executors.groups import Groups
from fwd_report.plan.rates import cost_class
from fwd_report.plan.run import Run

SHARE = 2
"""A piece is what is left, divided by this and by the workers."""
SHORTEST, LONGEST = 2.0, 120.0
"""Seconds a piece should take, as far as its price is known."""
TRIES = 3
"""How many workers a run may take with it, alone in its piece, before it counts as failed."""
SLOW, SLOW_AFTER = 2.0, 10.0
"""A piece is done a second time by an idle worker when it has taken this many times what it should
have, and so many seconds more."""


@dataclass
class Piece:
    """Runs that one worker has: the keys of those not done, since when, and for how long."""

    keys: dict[str, None]
    since: float
    seconds: float
    copied: bool = False


class Pieces:
    """The runs that are left, by what holds them up; given out in pieces.

    runs: in an order in which every run comes after those it needs. price: seconds a network step
    of a cost class. A run is waiting until all it needs is stored, then ready, then out with one
    worker or more, then stored or failed.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        price: Callable[[str], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._runs = {run.key: run for run in runs}
        self._steps = {run.key: run.network_steps for run in runs}
        self._price = price
        self._clock = clock
        self._costs = {key: cost_class(run) for key, run in self._runs.items()}
        self._ready = Groups(price)
        self._jobs: dict[str, None] = {}
        """Trainings that are ready."""
        self._missing: dict[str, set[str]] = {}
        """What each waiting run still needs."""
        self._dependants: dict[str, list[str]] = {}
        self._of_experiment: dict[tuple[str, str], list[str]] = {}
        self._out: dict[str, Piece] = {}
        self._most: dict[str, int] = {}
        """The largest piece a run may be part of, after a worker was lost with it."""
        self._tries: dict[str, int] = {}
        self._lacking: dict[str, set[str]] = {}
        """Runs for which a worker had too little memory: those who had although it was alone."""
        self._aside: dict[str, None] = {}
        self._arrived: set[str] = set()
        self._waiting_steps: dict[str, int] = {}
        for run in runs:
            self._add(run)
        self._chain = self._chains(runs)

    def _add(self, run: Run) -> None:
        needs = {need.key for need in run.needed} & self._runs.keys()
        self._of_experiment.setdefault((run.section, run.experiment), []).append(run.key)
        for need in needs:
            self._dependants.setdefault(need, []).append(run.key)
        if needs:
            self._missing[run.key] = needs
            cost = self._costs[run.key]
            self._waiting_steps[cost] = self._waiting_steps.get(cost, 0) + run.network_steps
        else:
            self._make_ready(run.key)

    def _chains(self, runs: Sequence[Run]) -> dict[str, float]:
        """Seconds of the longest chain of runs that begins with each training."""
        chain: dict[str, float] = {}
        for run in reversed(runs):
            after = (chain[key] for key in self._dependants.get(run.key, ()))
            chain[run.key] = self._seconds(run.key) + max(after, default=0.0)
        return {run.key: chain[run.key] for run in runs if run.technique.kind == "job"}

    @property
    def left(self) -> int:
        """How many runs are neither stored nor failed."""
        return len(self._runs)

    @property
    def out(self) -> int:
        """How many pieces workers have."""
        return len(self._out)

    def holder(self, key: str) -> str | None:
        """A worker that has the run, or None."""
        return next((name for name, piece in self._out.items() if key in piece.keys), None)

    def take(self, worker: str, workers: int, fill: int) -> list[Run]:
        """The next piece for a worker that has none, of so many workers; [] for nothing now.

        fill: runs that fill a worker's batches.
        """
        assert worker not in self._out
        job = max(self._jobs, key=self._chain.__getitem__, default=None)
        if job is not None:
            del self._jobs[job]
            return self._give(worker, [job])
        waiting = sum(steps * self._price(cost) for cost, steps in self._waiting_steps.items())
        left = self._ready.seconds + waiting
        seconds = min(LONGEST, max(SHORTEST, left / (SHARE * workers)))
        piece = self._ready.cut(worker, seconds, workers, fill, self._largest)
        if piece:
            return self._give(worker, piece)
        return self._alone(worker) or self._second_try(worker)

    def _largest(self, key: str) -> int:
        """How many runs a piece may have that this one is in."""
        return self._most.get(key, len(self._runs))

    def put_aside(self, worker: str, key: str) -> None:
        """A run that another build has in hand: it is not handed out until `bring_back`."""
        self._out[worker].keys.pop(key, None)
        self._aside[key] = None

    def bring_back(self) -> None:
        """Have the runs that were put aside looked at again."""
        for key in self._aside:
            self._make_ready(key)
        self._aside = {}

    @property
    def aside(self) -> bool:
        """Whether any run is put aside."""
        return bool(self._aside)

    def arrived(self, key: str) -> None:
        """A run's result is here, to be stored: no worker has it any more."""
        self._arrived.add(key)
        self._lacking.pop(key, None)
        for piece in self._out.values():
            piece.keys.pop(key, None)

    def is_there(self, key: str) -> bool:
        """Whether its result arrived."""
        return key in self._arrived

    def stored(self, key: str) -> bool:
        """A run's result is stored; False where it was already, or had failed."""
        if self._runs.pop(key, None) is None:
            return False
        self._forget(key)
        for dependant in self._dependants.pop(key, ()):
            missing = self._missing.get(dependant)
            if missing is not None:
                missing.discard(key)
                if not missing:
                    self._begin(dependant)
        return True

    def failed(self, key: str) -> None:
        """A run is given up."""
        if self._runs.pop(key, None) is not None:
            self._forget(key)

    def dependants(self, key: str) -> list[Run]:
        """The runs that are left and need this one."""
        return [self._runs[each] for each in self._dependants.get(key, ()) if each in self._runs]

    def siblings(self, run: Run) -> list[Run]:
        """The runs of its experiment that no worker has."""
        keys = self._of_experiment.get((run.section, run.experiment), ())
        out = self._arrived.union(*(piece.keys for piece in self._out.values()))
        return [self._runs[key] for key in keys if key in self._runs and key not in out]

    def ended(self, worker: str) -> list[Run]:
        """A worker is through with its piece; what it said nothing of."""
        piece = self._out.pop(worker, None)
        return [] if piece is None else [self._runs[key] for key in piece.keys]

    def undone(self, worker: str) -> int:
        """How many runs of a worker's piece are neither stored nor failed."""
        piece = self._out.get(worker)
        return 0 if piece is None else len(piece.keys)

    def lost(self, worker: str, blamed: bool = True) -> list[Run]:
        """A worker is gone; what it had goes to others.

        blamed: its runs may be the cause, so they go on in smaller pieces, after all others.
        Returns those that took `TRIES` workers with them, each alone: for the caller to give up.
        """
        self._ready.leave(worker)
        piece = self._out.pop(worker, None)
        if piece is None:
            return []
        given_up = []
        keys = [key for key in piece.keys if self.holder(key) is None]
        for key in keys if blamed else reversed(keys):
            if blamed and len(piece.keys) > 1:
                self._most[key] = max(1, len(piece.keys) // 2)
            elif blamed:
                self._tries[key] = self._tries.get(key, 0) + 1
            if self._tries.get(key, 0) >= TRIES:
                given_up.append(self._runs[key])
            else:
                self._make_ready(key, first=not blamed)
        return given_up

    def lacked(self, worker: str, key: str) -> bool:
        """A worker has too little memory for a run: it goes on alone, after all others. Whether it
        was alone already: then others try it.
        """
        self._out[worker].keys.pop(key, None)
        was_alone = key in self._lacking
        had = self._lacking.setdefault(key, set())
        had |= {worker} if was_alone else set()
        return was_alone

    def refused(self, workers: Iterable[str]) -> list[Run]:
        """Runs for which `TRIES` workers, or each of these, had too little memory."""
        those = set(workers)
        return [
            self._runs[key]
            for key, had in self._lacking.items()
            if self.holder(key) is None and (len(had) >= TRIES or (those and had >= those))
        ]

    def again(self, key: str) -> None:
        """A run that a worker did not come to is to be handed out, before all else."""
        if self.holder(key) is None:
            self._make_ready(key, first=True)

    def got_further(self, key: str) -> None:
        """A training left a checkpoint: what ends its worker next is not held against it."""
        self._tries.pop(key, None)

    def _begin(self, key: str) -> None:
        del self._missing[key]
        self._waiting_steps[self._costs[key]] -= self._steps[key]
        self._make_ready(key)

    def _make_ready(self, key: str, first: bool = False) -> None:
        if key in self._lacking:
            return
        if self._runs[key].technique.kind == "job":
            self._jobs[key] = None
        else:
            self._ready.add(key, self._costs[key], self._steps[key], first)

    def _alone(self, worker: str) -> list[Run]:
        """A run for which there was too little memory, though not with this worker."""
        for key, had in self._lacking.items():
            if worker not in had and self.holder(key) is None:
                return self._give(worker, [key])
        return []

    def _second_try(self, worker: str) -> list[Run]:
        """What a worker that is too slow still has, for one that has nothing to do."""
        now = self._clock()
        for piece in self._out.values():
            late = now - piece.since > SLOW * piece.seconds + SLOW_AFTER
            keys = [key for key in piece.keys if self._runs[key].technique.kind == "program"]
            if late and keys and not piece.copied:
                piece.copied = True
                given = self._give(worker, keys)
                self._out[worker].copied = True
                return given
        return []

    def _give(self, worker: str, keys: Iterable[str]) -> list[Run]:
        keys = dict.fromkeys(keys)
        self._out[worker] = Piece(keys, self._clock(), sum(map(self._seconds, keys)))
        return [self._runs[key] for key in keys]

    def _seconds(self, key: str) -> float:
        return self._steps[key] * self._price(self._costs[key])

    def _forget(self, key: str) -> None:
        for piece in self._out.values():
            piece.keys.pop(key, None)
        self._aside.pop(key, None)
        self._lacking.pop(key, None)
        self._arrived.discard(key)
        self._jobs.pop(key, None)
        self._ready.discard(key)
        if self._missing.pop(key, None) is not None:
            self._waiting_steps[self._costs[key]] -= self._steps[key]

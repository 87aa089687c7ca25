"""Schedules runs on workers in pieces of bounded cost. Independent of Ray.

The size of a piece is proportional to the remaining work, so pieces shrink towards the end: guided
self-scheduling (Polychronopoulos & Kuck 1987). A piece holds runs of one network. A training is a
piece of its own; the one that starts the longest chain of work goes first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fwd_report.executors.groups import Groups
from fwd_report.plan.rates import cost_class
from fwd_report.plan.run import Run

SHARE = 2
"""A piece is the remaining work, divided by this and by the number of workers."""
SHORTEST, LONGEST = 2.0, 120.0
"""Bounds of a piece's estimated seconds."""
TRIES = 3
"""How many workers may be lost while running a run alone before it counts as failed."""
SLOW, SLOW_AFTER = 2.0, 10.0
"""An idle worker repeats a piece that takes longer than SLOW · estimate + SLOW_AFTER seconds."""


@dataclass
class Piece:
    """A worker's runs: keys not done yet, when they were handed out, and the estimated seconds."""

    keys: dict[str, None]
    since: float
    seconds: float
    copied: bool = False


class Pieces:
    """The remaining runs by state, handed out in pieces.

    runs: in dependency order. price: seconds per network step of a cost class. A run is waiting
    until its dependencies are stored, then ready, then out with one or more workers, then stored
    or failed.
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
        """Ready trainings."""
        self._missing: dict[str, set[str]] = {}
        """The dependencies that each waiting run still lacks."""
        self._dependants: dict[str, list[str]] = {}
        self._of_experiment: dict[tuple[str, str], list[str]] = {}
        self._out: dict[str, Piece] = {}
        self._most: dict[str, int] = {}
        """The largest piece a run may be part of, after its worker was lost."""
        self._tries: dict[str, int] = {}
        self._lacking: dict[str, set[str]] = {}
        """Runs that did not fit in memory; for each, the workers where it did not fit alone."""
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
        """Seconds of the longest dependency chain that starts with each training."""
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
        """How many pieces are out."""
        return len(self._out)

    def holder(self, key: str) -> str | None:
        """Return a worker that has the run, or None."""
        return next((name for name, piece in self._out.items() if key in piece.keys), None)

    def take(self, worker: str, workers: int, fill: int) -> list[Run]:
        """Return the next piece for an idle worker; [] if there is none now.

        workers: their total number. fill: how many runs fill a worker's batches.
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
        """The largest piece that this run may be part of."""
        return self._most.get(key, len(self._runs))

    def put_aside(self, worker: str, key: str) -> None:
        """Hold back a run that another build is working on, until `bring_back`."""
        self._out[worker].keys.pop(key, None)
        if self.awaited(key):
            self._aside[key] = None

    def bring_back(self) -> None:
        """Make the runs that were put aside ready again."""
        for key in self._aside:
            self._make_ready(key)
        self._aside = {}

    @property
    def aside(self) -> bool:
        """Whether any run is put aside."""
        return bool(self._aside)

    def arrived(self, key: str) -> None:
        """Record that a run's result was received, and take the run from all workers."""
        self._arrived.add(key)
        self._lacking.pop(key, None)
        for piece in self._out.values():
            piece.keys.pop(key, None)

    def awaited(self, key: str) -> bool:
        """Whether a run's outcome is still to come; another worker may have been faster."""
        return key in self._runs and key not in self._arrived

    def stored(self, key: str) -> bool:
        """Record that a run's result is stored. False if it was already, or had failed."""
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
        """Remove a run that failed."""
        if self._runs.pop(key, None) is not None:
            self._forget(key)

    def dependants(self, key: str) -> list[Run]:
        """Return the remaining runs that depend on this one."""
        return [self._runs[each] for each in self._dependants.get(key, ()) if each in self._runs]

    def siblings(self, run: Run) -> list[Run]:
        """Return the remaining runs of its experiment that no worker has."""
        keys = self._of_experiment.get((run.section, run.experiment), ())
        out = self._arrived.union(*(piece.keys for piece in self._out.values()))
        return [self._runs[key] for key in keys if key in self._runs and key not in out]

    def ended(self, worker: str) -> list[Run]:
        """Take back a worker's piece; return the runs that it reported no outcome for."""
        piece = self._out.pop(worker, None)
        return [] if piece is None else [self._runs[key] for key in piece.keys]

    def undone(self, worker: str) -> int:
        """How many runs of a worker's piece are neither stored nor failed."""
        piece = self._out.get(worker)
        return 0 if piece is None else len(piece.keys)

    def lost(self, worker: str, blamed: bool = True) -> list[Run]:
        """Requeue the runs of a lost worker.

        blamed: its runs may be the cause, so they are retried in smaller pieces, after all others.
        Returns the runs that lost `TRIES` workers while alone, for the caller to fail.
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
        """Retry a run that lacked memory: alone, after all others; then on other workers.

        Returns whether it was alone already.
        """
        self._out[worker].keys.pop(key, None)
        if not self.awaited(key):
            return False
        was_alone = key in self._lacking
        self._lacking.setdefault(key, set()).update({worker} if was_alone else ())
        return was_alone

    def refused(self, workers: Iterable[str]) -> list[Run]:
        """Return the runs that did not fit in the memory of `TRIES` workers, or of all of these."""
        those = set(workers)
        return [
            self._runs[key]
            for key, had in self._lacking.items()
            if self.holder(key) is None and (len(had) >= TRIES or (those and had >= those))
        ]

    def again(self, key: str) -> None:
        """Requeue a run that its worker did not start, at the front."""
        if self.awaited(key) and self.holder(key) is None:
            self._make_ready(key, first=True)

    def got_further(self, key: str) -> None:
        """Reset the lost-worker count of a training that saved a checkpoint."""
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
        """A run that did not fit in memory, and was not tried alone on this worker."""
        for key, had in self._lacking.items():
            if worker not in had and self.holder(key) is None:
                return self._give(worker, [key])
        return []

    def _second_try(self, worker: str) -> list[Run]:
        """Repeat the rest of a slow worker's piece on an idle worker."""
        now = self._clock()
        for piece in self._out.values():
            late = now - piece.since > SLOW * piece.seconds + SLOW_AFTER
            keys = [key for key in piece.keys if self._runs[key].technique.kind == "program"]
            if late and keys and not piece.copied:
                piece.copied = True
                return self._give(worker, keys, copied=True)
        return []

    def _give(self, worker: str, keys: Iterable[str], copied: bool = False) -> list[Run]:
        keys = dict.fromkeys(keys)
        self._out[worker] = Piece(keys, self._clock(), sum(map(self._seconds, keys)), copied)
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

"""What several workers make and hold, in one progress display: each step is counted once."""

from __future__ import annotations

from collections import Counter

from fwd_report.engine.progress import Progress
from fwd_report.executors.messages import Made
from fwd_report.plan.rates import cost_class
from fwd_report.plan.run import Run


class Tally:
    """Counts by worker what is of no stored run yet: it is taken back if it is to be made again."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._made: dict[str, Counter[str]] = {}
        self._peak = 0

    def add(self, worker: str, made: Made) -> None:
        """A worker made steps, or need not make them."""
        self._made.setdefault(worker, Counter())[made.cost] += made.steps
        if made.seconds is None:
            self._progress.skip(made.cost, made.steps)
        else:
            self._progress.advance(made.cost, made.steps, made.seconds)

    def held(self, peak: int) -> None:
        """A worker held so many bytes of memory at most: the largest of all is shown."""
        self._peak = max(self._peak, peak)
        self._progress.held(self._peak)

    def stored(self, worker: str, run: Run) -> None:
        """The steps of a run are those of a result."""
        self._made.setdefault(worker, Counter())[cost_class(run)] -= run.network_steps

    def settle(self, worker: str) -> None:
        """A worker's order is over: steps that are of no result are to be made again."""
        for cost, steps in self._made.pop(worker, Counter()).items():
            if steps:
                self._progress.skip(cost, -steps)

"""Merges the progress of several workers into one display, counting each step once."""

from __future__ import annotations

from collections import Counter

from fwd_report.engine.progress import Progress
from fwd_report.executors.messages import Made
from fwd_report.plan.rates import cost_class
from fwd_report.plan.run import Run


class Tally:
    """Counts each worker's steps that belong to no stored run; if lost, they are subtracted."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._made: dict[str, Counter[str]] = {}
        self._noted: set[str] = set()
        self._peak = 0

    def add(self, worker: str, made: Made) -> None:
        """Count steps that a worker made or skipped."""
        self._made.setdefault(worker, Counter())[made.cost] += made.steps
        if made.seconds is None:
            self._progress.skip(made.cost, made.steps)
        else:
            self._progress.advance(made.cost, made.steps, made.seconds)

    def held(self, peak: int) -> None:
        """Show the highest peak memory of all workers. peak: of one worker, in bytes."""
        self._peak = max(self._peak, peak)
        self._progress.held(self._peak)

    def at(self, words: str, workers: int) -> None:
        """Show what one of the workers is doing."""
        self._progress.working_on(f"{workers} workers: {words}" if workers > 1 else words)

    def note(self, text: str) -> None:
        """Show a worker's note, once even if several workers send it."""
        if text not in self._noted:
            self._noted.add(text)
            self._progress.note(text)

    def stored(self, worker: str, run: Run) -> None:
        """Count the steps of a run as those of a result."""
        self._made.setdefault(worker, Counter())[cost_class(run)] -= run.network_steps

    def settle(self, worker: str) -> None:
        """Subtract a worker's steps that led to no result, when its order has ended."""
        for cost, steps in self._made.pop(worker, Counter()).items():
            if steps:
                self._progress.skip(cost, -steps)

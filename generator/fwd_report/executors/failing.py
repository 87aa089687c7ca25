"""Propagates a run's failure to the rest of its experiment and to its dependants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from fwd_report.engine.failures import Failure
from fwd_report.engine.progress import Progress
from fwd_report.executors.contract import Work
from fwd_report.executors.pieces import Pieces
from fwd_report.plan.rates import cost_class
from fwd_report.plan.run import Run


class Failures:
    """The runs that failed, or were skipped because another failed; each is reported once.

    release: releases a run's lock. stopped: whether the build has to stop.
    """

    def __init__(
        self, work: Work, pieces: Pieces, progress: Progress, release: Callable[[str], None]
    ) -> None:
        self.stopped = False
        self._work = work
        self._pieces = pieces
        self._progress = progress
        self._release = release
        self._failed: dict[str, Failure] = {}

    def like(self, run: Run) -> Failure | None:
        """Return a failure in the run's experiment, if there is one."""
        for failure in self._failed.values():
            other = failure.run
            if (other.section, other.experiment) == (run.section, run.experiment):
                return failure
        return None

    def fail(self, failure: Failure) -> Iterator[Failure]:
        """Report a failed run, skip the rest of its experiment, and fail their dependants."""
        run = failure.run
        siblings = self._pieces.siblings(run)
        dependants = self._pieces.dependants(run.key)
        self._drop(run, failure)
        what = "put off" if failure.repairable else "failed"
        at = self._work.plan.project.problem("", run.section, run.experiment)
        self._progress.note(f"{what}: {run.name} ({at.file}:{at.line}): {failure.cause}")
        yield failure
        if not failure.repairable:
            if not self._work.keep_going:
                self.stopped = True
                return
            for sibling in siblings:
                if sibling.key != run.key:
                    dependants += self._left(sibling, failure)
        yield from self._fail_dependants(dependants)

    def give_up(self, run: Run, failure: Failure) -> Iterator[Failure]:
        """Skip a run because another failed, and fail its dependants."""
        yield from self._fail_dependants(self._left(run, failure))

    def _fail_dependants(self, dependants: Iterable[Run]) -> Iterator[Failure]:
        for run in dependants:
            if run.key not in self._failed:
                need = next(need for need in run.needed if need.key in self._failed)
                why = self._failed[need.key]
                cause = f"it needs {need.name}, which {'waits' if why.repairable else 'failed'}"
                yield from self.fail(replace(why, run=run, cause=cause))

    def _left(self, run: Run, failure: Failure) -> list[Run]:
        """Skip a run; return its dependants."""
        dependants = self._pieces.dependants(run.key)
        self._drop(run, failure)
        self._progress.skip(cost_class(run), run.network_steps)
        return dependants

    def _drop(self, run: Run, failure: Failure) -> None:
        self._failed[run.key] = failure
        self._pieces.failed(run.key)
        self._release(run.key)

"""What `Report.run` did."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from fwd_report.errors import counted
from fwd_report.plan.run import distinct
from fwd_report.running import Running


@dataclass(frozen=True)
class FailedRun:
    """A run that failed: its name, `section.experiment[index]`, and why, in one line."""

    run: str
    cause: str


@dataclass(frozen=True)
class Outcome:
    """What `Report.run` did.

    ran: names of the runs that were run and stored. fresh: how many were already stored. failed:
    the runs that failed, and why. A result that several experiments share counts once.
    """

    ran: tuple[str, ...]
    fresh: int
    failed: tuple[FailedRun, ...] = ()

    @classmethod
    def of(cls, running: Running, before: Set[str]) -> Outcome:
        """The outcome of a run. before: the keys of the runs that were already stored."""
        runs = distinct(running.plan.selected(running.options.only))
        ran = tuple(run.name for run in runs if run.key in running.ran)
        failed = tuple(FailedRun(each.run.name, each.cause) for each in running.failures)
        stored = sum(run.key in before - running.ran for run in runs)
        return cls(ran, stored, failed)

    def __repr__(self) -> str:
        done = f"ran {counted(len(self.ran), 'run')}" if self.ran else "nothing to run"
        lines = [f"{done}; {counted(self.fresh, 'run')} stored before"]
        lines += [f"failed: {each.run}: {each.cause}" for each in self.failed]
        return "\n".join(lines)

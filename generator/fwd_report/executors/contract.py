"""The executor interface: takes runs in dependency order, yields the outcome of each."""

from __future__ import annotations

from collections.abc import Generator, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fwd_report.engine.failures import Failure
    from fwd_report.engine.progress import Progress
    from fwd_report.plan.plan import Plan
    from fwd_report.plan.rates import Rates
    from fwd_report.plan.run import Run
    from fwd_report.store.store import Store


@dataclass(frozen=True)
class Work:
    """The runs of a build. runs: each once, after its dependencies unless these are stored.

    keep_going: a failure ends only its own experiment. forced: keys to run even if stored.
    overrides: the `--set` overrides of the plan, as given on the command line.
    """

    plan: Plan
    store: Store
    runs: Sequence[Run]
    keep_going: bool = False
    forced: Set[str] = frozenset()
    overrides: Sequence[str] = ()


@dataclass(frozen=True)
class Finished:
    """A run whose result is in the store. by_other: another build made it."""

    run: Run
    by_other: bool = False


class Executor(Protocol):
    """Executes runs, and stores their results in the work's store only."""

    @property
    def rates(self) -> Rates:
        """Measured seconds per network step, used for estimates and updated by the build."""
        ...

    def run(self, work: Work, progress: Progress) -> Generator[Finished | Failure]:
        """Run the work, or stop at a failure; yield each outcome as soon as it is known."""
        ...

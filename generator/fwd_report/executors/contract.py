"""What an executor is: given runs in an order in which they can run, it says of each what came."""

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
    """What is to run. runs: each once, after those it needs, which are stored or among them.

    keep_going: a failure ends its experiment and not all. forced: keys that run although they are
    stored. overrides: those the plan was made under, as the command has them.
    """

    plan: Plan
    store: Store
    runs: Sequence[Run]
    keep_going: bool = False
    forced: Set[str] = frozenset()
    overrides: Sequence[str] = ()


@dataclass(frozen=True)
class Finished:
    """A run whose result is in the store as it should be. by_other: another build made it."""

    run: Run
    by_other: bool = False


class Executor(Protocol):
    """Runs runs, wherever that is; what they make lies in the work's store, and nowhere else."""

    @property
    def rates(self) -> Rates:
        """What a network step takes, learnt and used."""
        ...

    def run(self, work: Work, progress: Progress) -> Generator[Finished | Failure]:
        """Run all of the work, or until something fails; each run's outcome as it is known."""
        ...

"""Runs what is due of a plan, and plans again if a result or an input turns out to have changed."""

from __future__ import annotations

from collections.abc import Sequence, Set
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fwd_report.errors import RunError, StaleError, UserError, counted, say
from fwd_report.executors.choice import LOCAL, choose
from fwd_report.executors.contract import Work
from fwd_report.plan.asked_models import download_models
from fwd_report.plan.encodings import check_encodings
from fwd_report.plan.other_profiles import advice_on_profile
from fwd_report.plan.plan import Plan, make_plan
from fwd_report.plan.run import Run, distinct
from fwd_report.report_remotes import ReportRemotes
from fwd_report.spec.load import load_project
from fwd_report.spec.project import Project
from fwd_report.spec.selection import with_unknown_names
from fwd_report.store.store import Store

if TYPE_CHECKING:
    from fwd_report.engine.failures import Failure

REPAIRS = 3
"""How often a build plans again, for damaged results or edited inputs, before it gives up."""


@dataclass(frozen=True)
class Options:
    """The options of a build.

    only: names of sections and experiments; empty: all. untrusted: run no code of the project's
    own. command: the arguments of `fwd-report`, under which a build with nothing to do is
    remembered; empty: it is not. executor, address, workers: where runs are executed; see
    `executors/choice.py`. store: the remotes to use; None: those that the environment or
    report.yaml names.
    """

    profile: str | None = None
    overrides: Sequence[str] = ()
    only: Sequence[str] = ()
    force: bool = False
    cached_only: bool = False
    keep_going: bool = False
    untrusted: bool = False
    command: Sequence[str] = ()
    executor: str = LOCAL
    address: str | None = None
    workers: int | None = None
    store: Sequence[str] | None = None

    def project(self, root: Path, profile: str | None = None) -> Project:
        """The project in `root`, under another profile where one is named."""
        profile = profile or self.profile
        try:
            return load_project(root, profile, self.overrides, trusted=not self.untrusted)
        except UserError as error:
            raise with_unknown_names(root, self.only, error) from None


class Running:
    """The runs that a build has to run, and what became of them.

    ran: keys of the runs whose results this process stored; others: of those that other builds
    stored in the meantime; taken: of those whose results came from a remote. failures: of the
    last attempt. unsent: whether a remote should have been given results and was not.
    """

    def __init__(self, plan: Plan, store: Store, options: Options) -> None:
        self.plan = plan
        self.options = options
        self.ran: set[str] = set()
        self.others: set[str] = set()
        self.taken: set[str] = set()
        self.failures: tuple[Failure, ...] = ()
        self.unsent = False
        self._store = store
        self._remotes = ReportRemotes(plan.project, options.store)
        self._forced = self._all_forced()
        self._anew: set[str] = set()

    def run(self) -> None:
        """Run what is due; return when all of it is stored or has failed for good.

        What a remote has is taken from there. A run that met a damaged result or an edited input is
        planned again. Raises StaleError under `cached_only` if something is due, and RunError if
        results or inputs keep changing.
        """
        self._take()
        self._run_due()
        project = self.plan.project
        if project.trusted and project.report.push and not self.options.cached_only:
            self._push()

    def _push(self) -> None:
        """Give the remotes what they are not known to have."""
        runs = {run.key for run in self.plan.selected(self.options.only)}
        stored = {key for key in runs if self._store.has(key)}
        if self.ran or self._remotes.lack(self._store, stored):
            self._remotes.send(self._store, stored, self._anew)
            self.unsent = self._remotes.failed

    def _take(self) -> None:
        """Take from the remotes what they have of what is due."""
        due = [run for run in self.due() if run.key not in self._forced]
        taken = self._remotes.fetch(self._store, {run.key for run in due})
        if taken:
            self.taken |= taken
            self._remember(due, taken)
            self.plan_again()

    def _run_due(self) -> None:
        if not self.options.cached_only and download_models(self.plan.project, self.due(), tell):
            self.plan_again()
            self._forced = self._all_forced()
            self._take()
        self.failures = ()
        for _ in range(REPAIRS):
            due = self.due()
            if not due:
                return
            if self.options.cached_only:
                raise StaleError(self._stale_message(due))
            self._run(due)
            if not self._repairable():
                return
            self.plan_again()
        raise self.unsteady()

    @property
    def idle(self) -> bool:
        """Whether nothing was run or taken, by this build or by others, and nothing failed or is
        still to be sent.
        """
        return not (self.ran or self.others or self.taken or self.failures or self.unsent)

    def due(self) -> list[Run]:
        """The runs that are not stored, and those that --force runs again."""
        selected = self.plan.selected(self.options.only)
        return [run for run in selected if run.status != "fresh" or run.key in self._forced]

    def _stale_message(self, due: Sequence[Run]) -> str:
        options = self.options
        names = sorted({f"{run.section}.{run.experiment}" for run in due})
        count = len(distinct(due))
        are = "is" if count == 1 else "are"
        said = f"{counted(count, 'run')} {are} not in the store, of: {', '.join(names)}"
        under = f" --profile {options.profile}" if options.profile else ""
        advice = advice_on_profile(self.plan, self._store, options.only, options.overrides)
        return f"{said}\n    {advice or f'fwd-report plan --why{under} says why'}"

    def plan_again(self) -> None:
        """Compare the plan with the files and results as they are now."""
        self.plan = make_plan(self.plan.project, self._store)

    def unsteady(self) -> RunError:
        """The error of a build that has to plan again and again."""
        causes = "; ".join(dict.fromkeys(self._repairable()))
        return RunError(
            f"results or inputs change again as soon as they are read: {causes or 'see above'}\n"
            "    stop what edits these files, and check the disk that holds .fwd-report/"
        )

    def _repairable(self) -> list[str]:
        """Why runs failed that will succeed once they are planned again."""
        failures: Sequence[Failure] = self.failures
        return [failure.cause for failure in failures if failure.repairable]

    def _run(self, due: Sequence[Run]) -> None:
        work = Work(
            self.plan,
            self._store,
            distinct(due),
            self.options.keep_going,
            self._forced,
            self.options.overrides,
        )
        options = self.options
        self.failures, finished, by_others = _run(
            work, options.executor, options.address, options.workers
        )
        self._remember(due, finished)
        self.ran |= finished - by_others
        self.others |= by_others
        self._anew |= self._forced & finished - by_others
        self._forced -= finished

    def _remember(self, runs: Sequence[Run], stored: Set[str]) -> None:
        """Note under which keys these runs are stored now."""
        for run in runs:
            if run.key in stored:
                self._store.remember(run.name, run.key)

    def _all_forced(self) -> set[str]:
        """The keys of the runs that --force runs again."""
        if not self.options.force:
            return set()
        return {run.key for run in self.plan.named(self.options.only)}


def recompute(plan: Plan, store: Store, runs: Sequence[Run]) -> tuple[Failure, ...]:
    """Run `runs`, with `store` for their results and for what they need; return what failed."""
    download_models(plan.project, runs, tell)
    failures, *_ = _run(Work(plan, store, distinct(runs), keep_going=True))
    return failures


def _run(
    work: Work, executor: str = LOCAL, address: str | None = None, workers: int | None = None
) -> tuple[tuple[Failure, ...], set[str], set[str]]:
    """Run the work; return what failed, the keys of what did not, and those that other builds ran.

    torch is imported here and not before.
    """
    from fwd_report.engine.progress import Progress
    from fwd_report.executors.contract import Finished
    from fwd_report.plan.rates import steps_by_cost

    check_encodings(work.plan.project, work.runs, work.store)
    chosen = choose(executor, work, address, workers)
    failures: list[Failure] = []
    finished: set[str] = set()
    others: set[str] = set()
    with (
        Progress(steps_by_cost(work.runs), len(work.runs), chosen.rates) as progress,
        closing(chosen.run(work, progress)) as outcomes,
    ):
        for outcome in outcomes:
            if isinstance(outcome, Finished):
                finished.add(outcome.run.key)
                others |= {outcome.run.key} if outcome.by_other else set()
            else:
                failures.append(outcome)
    return tuple(failures), finished, others


def tell(message: str) -> None:
    """Print a progress message, apart from the command's output."""
    say(message, err=True)

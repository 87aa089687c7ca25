"""`fwd-report build`, stage by stage: spec → plan → engine → store → site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fwd_report.errors import Problem, RunError, StaleError, UserError, number, say
from fwd_report.plan.asked import download_models, unknown_models
from fwd_report.plan.entries import Entries
from fwd_report.plan.plan import Plan, make_plan
from fwd_report.plan.run import Run, distinct, with_needs
from fwd_report.plan.unread import unread_words
from fwd_report.site.inputs import shown_results
from fwd_report.site.results import ReportResult, SectionResult, StoredResult
from fwd_report.site.stamp import built_profile, pages_current
from fwd_report.spec.fresh_schemas import refresh_schemas
from fwd_report.spec.load import load_project
from fwd_report.spec.model import Project
from fwd_report.spec.suggest import did_you_mean
from fwd_report.store.store import DamagedEntryError, Store

if TYPE_CHECKING:
    from fwd_report.engine.failures import Failure
    from fwd_report.scripts.script import Script
    from fwd_report.store.entry import Entry

REPAIRS = 3
"""How often a build plans again, for damaged results or edited inputs, before it gives up."""


@dataclass(frozen=True)
class Options:
    """What the command line says of a build. only: names of sections; none: all of them.

    untrusted: nothing that is code of the project's own is run.
    """

    profile: str | None = None
    overrides: Sequence[str] = ()
    only: Sequence[str] = ()
    force: bool = False
    cached_only: bool = False
    keep_going: bool = False
    untrusted: bool = False

    def project(self, root: Path, profile: str | None = None) -> Project:
        """The project in `root`, under another profile where one is named."""
        project = load_project(root, profile or self.profile, self.overrides)
        return replace(project, trusted=False) if self.untrusted else project


@dataclass(frozen=True)
class Outcome:
    """What a build did: how many different runs it was of and ran, what failed, pages written.

    others: runs that were to run and that another build at the same time ran.
    """

    runs: int
    ran: int
    failures: Sequence[Failure]
    pages: Sequence[Path]
    others: int = 0


def load_plan(root: Path, options: Options) -> tuple[Plan, Store]:
    """The project's plan against its store; warns of what its specs probably do not mean."""
    project = options.project(root)
    for warning in project.warnings:
        say(f"warning: {warning}", err=True)
    return _planned(project, options)


def _planned(project: Project, options: Options) -> tuple[Plan, Store]:
    check_sections(project, options.only)
    refresh_schemas(project.root)
    store = Store(project.root)
    plan = make_plan(project, store)
    unknown = unknown_models(project, plan.selected(options.only), store.digests)
    unrun = [f"{why}; runs that ask it count as not run" for why in unknown.values()]
    for warning in (*unrun, *unread_words(plan)):
        say(f"warning: {warning}", err=True)
    return plan, store


def load_report(root: Path, options: Options) -> ReportResult:
    """What the pages show; a damaged result counts as one that has not run.

    Without a profile in the options it is the one that the pages were built with.
    """
    project = options.project(root)
    built = built_profile(root)
    others = set(project.report.profiles) - {project.profile}
    if options.profile is None and built in others:
        project = options.project(root, built)
    plan, store = _planned(project, options)
    for _ in range(REPAIRS):
        try:
            report = report_result(plan, store)
            read_all(report)
            return report
        except DamagedEntryError as error:
            say(f"warning: {error}; the next build runs it again", err=True)
    raise RunError("results are damaged; `fwd-report store verify` finds them all")


def build(root: Path, options: Options) -> Outcome:
    """Run what has not been run yet and render the pages.

    Raises UserError for what the user wrote, StaleError under `cached_only` when something would
    have to run.
    """
    if options.force and options.cached_only:
        raise UserError("--force runs what is stored and --cached-only runs nothing: choose one")
    plan, store = load_plan(root, options)
    forced = _forced(plan, options)
    due = _due(plan, options, forced)
    if not options.cached_only and download_models(plan.project, due, _tell):
        plan = make_plan(plan.project, store)
        forced = _forced(plan, options)
    ran = others = 0
    failures: tuple[Failure, ...] = ()
    for _ in range(REPAIRS):
        due = _due(plan, options, forced)
        if due and options.cached_only:
            raise StaleError(_stale_message(due))
        if due:
            failures, finished, by_others = _run(plan, store, due, options, forced)
            for run in due:
                if run.key in finished:
                    store.remember(run.name, run.key)
            ran += len(finished - by_others)
            others += len(by_others)
            forced -= finished
            if any(failure.repairable for failure in failures):
                plan = make_plan(plan.project, store)
                continue
        report = report_result(plan, store, failures)
        if pages_current(plan.project, shown_results(report), root):
            return Outcome(len(distinct(plan.selected(options.only))), ran, failures, (), others)
        from fwd_report.site.render import render_site

        try:
            pages = render_site(report, root)
        except DamagedEntryError:
            with suppress(DamagedEntryError):
                read_all(report)
            plan = make_plan(plan.project, store)
            continue
        return Outcome(len(distinct(plan.selected(options.only))), ran, failures, pages, others)
    causes = "; ".join(dict.fromkeys(failure.cause for failure in failures if failure.repairable))
    raise RunError(
        f"results or inputs change again as soon as they are read: {causes or 'see above'}\n"
        "    stop what edits these files, and check the disk that holds .fwd-report/"
    )


def report_result(plan: Plan, store: Store, failures: Sequence[Failure] = ()) -> ReportResult:
    """What the site is rendered from: every experiment with the entries the store has for it.

    They are read, and compared with what was stored, when they are looked at; that raises
    DamagedEntryError where one is damaged, which has been moved aside then.
    """
    entries = Entries(store)
    causes = {failure.run.key: failure.cause for failure in failures}
    sections = []
    for section in plan.project.sections:
        experiments = []
        for experiment in section.experiments:
            present, absent = _parted(store, plan.experiments[section.name, experiment.id])
            experiments.append(
                StoredResult(
                    experiment,
                    _absence(absent, causes),
                    tuple(store.folder(run.key) for run in present),
                    frozenset(run.section for run in with_needs(present)),
                    partial(_entries, entries, present),
                    partial(_script, plan.project, store, present),
                )
            )
        sections.append(SectionResult(section, tuple(experiments)))
    return ReportResult(plan.project, tuple(sections))


def read_all(report: ReportResult) -> None:
    """Read every entry. Raises DamagedEntryError that names all that are damaged."""
    damaged = []
    for section in report.sections:
        for result in section.experiments:
            try:
                _ = result.entries
            except DamagedEntryError as error:
                damaged.append(str(error))
    if damaged:
        raise DamagedEntryError("; ".join(dict.fromkeys(damaged)))


def _entries(entries: Entries, runs: Sequence[Run]) -> tuple[Entry, ...]:
    """The entries of runs. Raises DamagedEntryError that names all that are damaged."""
    found, damaged = [], []
    for run in runs:
        try:
            found.append(entries.read(run))
        except DamagedEntryError as error:
            damaged.append(str(error))
    if damaged:
        raise DamagedEntryError("; ".join(dict.fromkeys(damaged)))
    return tuple(found)


def _script(project: Project, store: Store, runs: Sequence[Run]) -> Script | None:
    from fwd_report.scripts.script import offered

    return offered(project, store, runs)


def check_sections(project: Project, names: Iterable[str]) -> None:
    """Raise UserError for names that are no section's, with suggestions."""
    known = [section.name for section in project.sections]
    problems = [
        Problem(f"there is no section '{name}'", hint=did_you_mean(Path(name).stem, known))
        for name in names
        if name not in known
    ]
    if problems:
        raise UserError(problems)


def _run(
    plan: Plan, store: Store, due: Sequence[Run], options: Options, forced: set[str]
) -> tuple[tuple[Failure, ...], set[str], set[str]]:
    """Run `due`; what failed, the keys of what did not, and those that other builds ran.

    torch is imported here, not before.
    """
    from fwd_report.engine.device import determinism
    from fwd_report.engine.engine import Engine
    from fwd_report.engine.progress import Progress
    from fwd_report.engine.workbench import Workbench
    from fwd_report.plan.loaded import LoadedCode
    from fwd_report.plan.rates import Rates, calls_by_cost, first_rates

    code = LoadedCode(plan.sources)
    code.load(sorted({module for run in due for module in run.modules}))
    workbench = Workbench(plan.project, store, code)
    unique = distinct(due)
    rates = Rates(store.base, first_rates(unique))
    with (
        determinism(plan.project.report.deterministic),
        Progress(calls_by_cost(unique), len(unique), rates) as progress,
    ):
        engine = Engine(store, workbench, progress, options.keep_going, forced)
        return engine.run(unique), engine.finished, engine.others


def recompute(plan: Plan, store: Store, runs: Sequence[Run]) -> tuple[Failure, ...]:
    """Run `runs` with `store` for their results and for what they need; what failed."""
    download_models(plan.project, runs, _tell)
    failures, *_ = _run(plan, store, runs, Options(keep_going=True), set())
    return failures


def _due(plan: Plan, options: Options, forced: Set[str]) -> list[Run]:
    """The runs a build has to run."""
    return [
        run for run in plan.selected(options.only) if run.status != "fresh" or run.key in forced
    ]


def _forced(plan: Plan, options: Options) -> set[str]:
    """The keys of the runs that --force runs again."""
    if not options.force:
        return set()
    return {run.key for run in plan.runs if not options.only or run.section in options.only}


def _tell(message: str) -> None:
    say(message, err=True)


def _parted(store: Store, runs: Iterable[Run]) -> tuple[list[Run], list[Run]]:
    """The runs that have a result in the store, and those that have none."""
    present: list[Run] = []
    absent: list[Run] = []
    for run in runs:
        (present if store.has(run.key) else absent).append(run)
    return present, absent


def _absence(absent: Sequence[Run], causes: dict[str, str]) -> str | None:
    if not absent:
        return None
    for run in absent:
        if run.key in causes:
            return f"{run.name}: {causes[run.key]}"
    count = len(distinct(absent))
    return "not run yet" if count == 1 else f"{count} runs have not run yet"


def _stale_message(due: Sequence[Run]) -> str:
    names = sorted({f"{run.section}.{run.experiment}" for run in due})
    count = len(distinct(due))
    are = "is" if count == 1 else "are"
    return f"{number(count, 'run')} {are} not in the store, of: {', '.join(names)}"

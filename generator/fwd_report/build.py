"""`fwd-report build`, stage by stage: spec → plan → engine → store → site."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fwd_report.errors import RunError, UserError, say
from fwd_report.plan.asked_models import unknown_models
from fwd_report.plan.encodings import check_encodings, encoding_problems
from fwd_report.plan.entries import Entries
from fwd_report.plan.kernels import check_kernels
from fwd_report.plan.plan import Plan, make_plan
from fwd_report.plan.prompt_warnings import prompt_warnings
from fwd_report.plan.run import Run, distinct, with_needs
from fwd_report.running import REPAIRS, Running
from fwd_report.running import Options as Options
from fwd_report.site.inputs import shown_results
from fwd_report.site.rehearsal import rehearse
from fwd_report.site.results import (
    ExperimentResult,
    ReportResult,
    SectionResult,
    StoredResult,
)
from fwd_report.site.stamp import built_profile, pages_current
from fwd_report.spec.fresh_schemas import refresh_schemas
from fwd_report.spec.project import ExperimentSpec, Project
from fwd_report.spec.selection import check_names
from fwd_report.store.store import DamagedEntryError, Store
from fwd_report.unchanged import remember_nothing_to_do

if TYPE_CHECKING:
    from fwd_report.engine.failures import Failure
    from fwd_report.scripts.script import Script
    from fwd_report.store.entry import Entry


@dataclass(frozen=True)
class BuildOutcome:
    """What a build did: how many distinct runs it covers and how many ran, what failed, pages
    written.

    others: how many of its runs another build ran at the same time.
    """

    runs: int
    ran: int
    failures: Sequence[Failure]
    pages: Sequence[Path]
    others: int = 0


def load_plan(root: Path, options: Options) -> tuple[Plan, Store]:
    """The project's plan, compared with its store; prints warnings about the specs."""
    project = options.project(root)
    _warn(project.warnings)
    return _planned(project, options)


def check_prose(plan: Plan, store: Store) -> None:
    """Raise UserError for prose that cannot be rendered, whatever the results will be."""
    rehearse(report_result(plan, store))


def _planned(project: Project, options: Options) -> tuple[Plan, Store]:
    plan, store, warnings = plan_project(project, options.only)
    _warn(warnings)
    return plan, store


def plan_project(project: Project, only: Sequence[str]) -> tuple[Plan, Store, list[str]]:
    """The plan, the store it was compared with, and warnings about what its runs ask.

    Prompts that no file of embeddings holds are no error yet: what is stored can be read, and other
    runs can run. `check_encodings` finds them. Raises UserError for names in `only` that are
    neither a section nor an experiment, and for kernels that are wider than the model's images
    allow.
    """
    check_names(project, only)
    refresh_schemas(project.root, project.plugins)
    store = Store(project.root)
    plan = make_plan(project, store)
    selected = plan.selected(only)
    check_kernels(project, selected)
    unknown = unknown_models(project, selected, store)
    unrun = [f"{why}; runs that ask it count as not run" for why in unknown.values()]
    return plan, store, [*unrun, *prompt_warnings(project, selected, store)]


def _warn(warnings: Iterable[object]) -> None:
    for warning in warnings:
        say(f"warning: {warning}", err=True)


def load_report(root: Path, options: Options) -> ReportResult:
    """What the pages show; a damaged result counts as not run.

    If the options name no profile, it is the one that the pages were built with.
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
            unencoded = encoding_problems(plan.project, plan.runs, store)
            return replace(report, unencoded=tuple(unencoded))
        except DamagedEntryError as error:
            say(f"warning: {error}; the next build runs it again", err=True)
    raise RunError("results are damaged; `fwd-report store verify` finds them all")


def build(root: Path, options: Options) -> BuildOutcome:
    """Run what has not been run yet, and render the pages.

    Raises UserError for mistakes in the specs, and StaleError under `cached_only` if something
    would have to run.
    """
    if options.force and options.cached_only:
        raise UserError("--force runs what is stored and --cached-only runs nothing: choose one")
    project = options.project(root)
    plan, store, warnings = plan_project(project, options.only)
    check_encodings(project, plan.selected(options.only), store)
    warnings = [*map(str, project.warnings), *warnings]
    _warn(warnings)
    running = Running(plan, store, options)
    if running.due():
        check_prose(plan, store)
    for _ in range(REPAIRS):
        running.run()
        plan = running.plan
        report = report_result(plan, store, running.failures)
        if pages_current(plan.project, shown_results(report), root):
            if running.idle and options.command and not options.untrusted:
                remember_nothing_to_do(options.command, plan, store, warnings)
            return _outcome(running, ())
        from fwd_report.site.render import render_site

        try:
            pages = render_site(report, root)
        except DamagedEntryError:
            with suppress(DamagedEntryError):
                read_all(report)
            running.plan_again()
            continue
        return _outcome(running, pages)
    raise running.unsteady()


def _outcome(running: Running, pages: Sequence[Path]) -> BuildOutcome:
    return BuildOutcome(
        runs=len(distinct(running.plan.selected(running.options.only))),
        ran=len(running.ran),
        failures=running.failures,
        pages=pages,
        others=len(running.others),
    )


def report_result(plan: Plan, store: Store, failures: Sequence[Failure] = ()) -> ReportResult:
    """What the site is rendered from: every experiment, with its results in the store.

    Results are read, and verified, when they are first used; a damaged one is moved aside then, and
    raises DamagedEntryError.
    """
    entries = Entries(store)
    causes = {failure.run.key: failure.cause for failure in failures}
    sections = []
    for section in plan.project.sections:
        experiments = []
        for spec in section.experiments:
            present, absent = _parted(store, plan.experiments[section.name, spec.id])
            experiments.append(
                StoredResult(
                    spec,
                    _absence(absent, causes),
                    tuple(store.folder(run.key) for run in present),
                    frozenset(run.section for run in with_needs(present)),
                    partial(_entries, entries, present),
                    partial(_script, plan.project, store, present),
                    len(present) + len(absent),
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
    from fwd_report.scripts.script import offered_script

    return offered_script(project, store, runs)


def experiment_result(
    spec: ExperimentSpec,
    runs: Sequence[Run],
    store: Store,
    read: Callable[[Run], Entry | None],
    causes: Mapping[str, str],
) -> ExperimentResult:
    """What a figure of these runs shows, and why results are missing.

    read: gives the entry of a stored run. causes: why runs failed, by key.
    """
    present, absent = _parted(store, runs)
    return ExperimentResult(
        spec=spec,
        entries=tuple(entry for run in present if (entry := read(run)) is not None),
        absence=_absence(absent, causes),
        planned=len(runs),
    )


def _parted(store: Store, runs: Iterable[Run]) -> tuple[list[Run], list[Run]]:
    """The runs that have a result in the store, and those that have none."""
    present: list[Run] = []
    absent: list[Run] = []
    for run in runs:
        (present if store.has(run.key) else absent).append(run)
    return present, absent


def _absence(absent: Sequence[Run], causes: Mapping[str, str]) -> str | None:
    if not absent:
        return None
    for run in absent:
        if run.key in causes:
            return f"{run.name}: {causes[run.key]}"
    count = len(distinct(absent))
    return "not run yet" if count == 1 else f"{count} runs have not run yet"

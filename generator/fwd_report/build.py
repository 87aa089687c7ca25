"""`fwd-report build`, stage by stage: spec → plan → engine → store → site."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fwd_report.errors import RunError, UserError, say
from fwd_report.plan.asked_models import unknown_models
from fwd_report.plan.encodings import check_encodings
from fwd_report.plan.entries import Entries
from fwd_report.plan.plan import Plan, make_plan
from fwd_report.plan.run import Run, distinct
from fwd_report.plan.unknown_words import unread_words
from fwd_report.running import REPAIRS, Running
from fwd_report.running import Options as Options
from fwd_report.site.results import ExperimentResult, ReportResult, SectionResult
from fwd_report.site.stamp import Shown, built_profile, pages_current
from fwd_report.spec.fresh_schemas import refresh_schemas
from fwd_report.spec.project import ExperimentSpec, Project
from fwd_report.spec.selection import check_names
from fwd_report.store.store import DamagedEntryError, Store
from fwd_report.unchanged import remember_nothing_to_do

if TYPE_CHECKING:
    from fwd_report.engine.failures import Failure
    from fwd_report.store.entry import Entry


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
    """The project's plan against its store; says what its specs probably do not mean."""
    project = options.project(root)
    _warn(project.warnings)
    return _planned(project, options)


def _planned(project: Project, options: Options) -> tuple[Plan, Store]:
    plan, store, warnings = plan_project(project, options.only)
    _warn(warnings)
    return plan, store


def plan_project(project: Project, only: Sequence[str]) -> tuple[Plan, Store, list[str]]:
    """The plan, the store it was compared with, and warnings about what its runs ask.

    Raises UserError for names in `only` that are no section's and no experiment's.
    """
    check_names(project, only)
    refresh_schemas(project.root, project.plugins)
    store = Store(project.root)
    plan = make_plan(project, store)
    check_encodings(project, plan.selected(only), store)
    unknown = unknown_models(project, plan.selected(only), store)
    unrun = [f"{why}; runs that ask it count as not run" for why in unknown.values()]
    return plan, store, [*unrun, *map(str, unread_words(plan))]


def _warn(warnings: Iterable[object]) -> None:
    for warning in warnings:
        say(f"warning: {warning}", err=True)


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
            return report_result(plan, store)
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
    project = options.project(root)
    plan, store, warnings = plan_project(project, options.only)
    warnings = [*map(str, project.warnings), *warnings]
    _warn(warnings)
    running = Running(plan, store, options)
    for _ in range(REPAIRS):
        running.run()
        plan = running.plan
        shown = shown_results(plan, store, running.failures)
        if pages_current(plan.project, shown, root):
            if running.idle and options.command and not options.untrusted:
                remember_nothing_to_do(options.command, plan, store, warnings)
            return _outcome(running, ())
        from fwd_report.site.render import render_site

        try:
            pages = render_site(report_result(plan, store, running.failures), root)
        except DamagedEntryError:
            running.plan_again()
            continue
        return _outcome(running, pages)
    raise running.unsteady()


def _outcome(running: Running, pages: Sequence[Path]) -> Outcome:
    return Outcome(
        runs=len(distinct(running.plan.selected(running.options.only))),
        ran=len(running.ran),
        failures=running.failures,
        pages=pages,
        others=len(running.others),
    )


def shown_results(plan: Plan, store: Store, failures: Sequence[Failure]) -> list[Shown]:
    """What the pages would show, without reading it."""
    causes = {failure.run.key: failure.cause for failure in failures}
    shown = []
    for (section, experiment), runs in plan.by_section():
        present, absent = _parted(store, runs)
        folders = tuple(store.folder(run.key) for run in present)
        shown.append(Shown(f"{section}.{experiment}", folders, _absence(absent, causes)))
    return shown


def report_result(plan: Plan, store: Store, failures: Sequence[Failure] = ()) -> ReportResult:
    """What the site is rendered from: every experiment with the entries the store has for it.

    Raises DamagedEntryError that names all that are damaged; they have been moved aside.
    """
    from fwd_report.scripts.script import offered

    entries = Entries(store)
    causes = {failure.run.key: failure.cause for failure in failures}
    damaged: list[str] = []

    def read(run: Run) -> Entry | None:
        try:
            return entries.read(run)
        except DamagedEntryError as error:
            damaged.append(str(error))
            return None

    sections = []
    for section in plan.project.sections:
        experiments = []
        for spec in section.experiments:
            runs = plan.experiments[section.name, spec.id]
            result = experiment_result(spec, runs, store, read, causes)
            script = offered(plan.project, store, [run for run in runs if store.has(run.key)])
            experiments.append(replace(result, script=script))
        sections.append(SectionResult(section, tuple(experiments)))
    if damaged:
        raise DamagedEntryError("; ".join(dict.fromkeys(damaged)))
    return ReportResult(plan.project, tuple(sections))


def experiment_result(
    spec: ExperimentSpec,
    runs: Sequence[Run],
    store: Store,
    read: Callable[[Run], Entry | None],
    causes: Mapping[str, str],
) -> ExperimentResult:
    """What a figure of these runs of an experiment shows, and why results are missing.

    read: the entry of a stored run. causes: why runs failed, by their keys.
    """
    present, absent = _parted(store, runs)
    return ExperimentResult(
        spec=spec,
        entries=tuple(entry for run in present if (entry := read(run)) is not None),
        absence=_absence(absent, causes),
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

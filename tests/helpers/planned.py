"""A project's results as they would be, without running anything: what its texts are held to."""

from __future__ import annotations

from pathlib import Path

from fwd_report.plan.entries import entry_of
from fwd_report.plan.plan import make_plan
from fwd_report.plan.run import Run
from fwd_report.site.results import ExperimentResult, ReportResult, SectionResult
from fwd_report.spec.project import Project
from fwd_report.store.entry import Entry
from fwd_report.store.store import Store
from fwd_report.techniques.choosing import BEST_OF, CANDIDATE


def planned_report(project: Project, store: Path) -> ReportResult:
    """The report with an entry for each run of the plan, without files and metrics.

    What chooses among candidates has chosen the first.
    """
    plan = make_plan(project, Store(store))
    made: dict[str, Entry] = {}

    def entry(run: Run) -> Entry:
        if run.name not in made:
            needs = {name: tuple(map(entry, group)) for name, group in run.needs.items()}
            metrics = {CANDIDATE: 0.0} if BEST_OF in run.needs else {}
            made[run.name] = entry_of(run, store, needs, metrics=metrics, series={}, provenance={})
        return made[run.name]

    sections = []
    for section in project.sections:
        results = [
            ExperimentResult(
                spec, tuple(map(entry, plan.experiments[section.name, spec.id])), "not run yet"
            )
            for spec in section.experiments
        ]
        sections.append(SectionResult(section, tuple(results)))
    return ReportResult(project, tuple(sections))

"""A report's plan at one moment, and its results, which are read on demand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from fwd_report.api.exceptions import NotRunError, mistakes_of_plugins
from fwd_report.build import experiment_result
from fwd_report.plan.entries import Entries
from fwd_report.plan.plan import Plan
from fwd_report.plan.run import Run as PlannedRun
from fwd_report.site.results import ExperimentResult, ReportResult, SectionResult
from fwd_report.site.standalone import embedded, figure_html
from fwd_report.site.template_values import Names, experiment_views
from fwd_report.spec.project import ExperimentSpec, SectionSpec
from fwd_report.store.entry import Entry
from fwd_report.store.store import DamagedEntryError, Store

REASONS = 3
"""Most changes that a message lists; `Run.why` has all of them."""
TRIES = 2
"""A damaged result is moved aside when it is read, and counts as not run from then on."""


class Snapshot:
    """The plan and the store that it was compared with. Holds no open file and no lock."""

    def __init__(self, plan: Plan, store: Store) -> None:
        self.plan = plan
        self.store = store
        self._entries = Entries(store)

    def entry(self, run: PlannedRun) -> Entry:
        """A run's result; its files are verified when they are first read.

        Raises NotRunError if there is no result, or none that is as it was stored.
        """
        if not self.store.has(run.key):
            raise NotRunError(_not_run(run))
        try:
            return self._entries.read(run)
        except DamagedEntryError as error:
            raise NotRunError(damaged(run, error)) from error

    def set_aside(self, run: PlannedRun) -> None:
        """Move aside a result that is not as it was stored, so that it counts as not run."""
        with suppress(DamagedEntryError):
            self.store.read(run.key)

    def figure(self, section: SectionSpec, spec: ExperimentSpec, runs: Sequence[PlannedRun]) -> str:
        """The figure of these runs of an experiment, as on its page; raises as `figure_html`."""
        result = self._result(spec, runs)
        if result.absence is not None:
            hint = f"{result.absence}; report.run('{section.name}.{spec.id}') runs what is missing"
            result = replace(result, absence=hint)
        report = ReportResult(self.plan.project, ())
        with mistakes_of_plugins():
            return figure_html(report, self._section(section), result, self._everything())

    def embedded(self, parts: Sequence[str]) -> str:
        """HTML, with the style sheet of the report's pages."""
        return embedded(parts, self.plan.project)

    def _section(self, section: SectionSpec) -> SectionResult:
        experiments = self.plan.experiments
        return SectionResult(
            section,
            tuple(
                self._result(spec, experiments[section.name, spec.id])
                for spec in section.experiments
            ),
        )

    def _result(self, spec: ExperimentSpec, runs: Sequence[PlannedRun]) -> ExperimentResult:
        for _ in range(TRIES):
            result = experiment_result(spec, runs, self.store, self._entry_or_none, {})
            if result.absence is not None or len(result.entries) == len(runs):
                break
        return result

    def _entry_or_none(self, run: PlannedRun) -> Entry | None:
        try:
            return self._entries.read(run)
        except DamagedEntryError:
            return None

    def _everything(self) -> Names:
        """All sections as prose sees them; a section's results are read when it is first named."""
        return Names("section", _Sections({s.name: s for s in self.plan.project.sections}, self))


class _Sections(Mapping[str, Names]):
    def __init__(self, sections: Mapping[str, SectionSpec], snapshot: Snapshot) -> None:
        self._sections = sections
        self._snapshot = snapshot

    def __getitem__(self, name: str) -> Names:
        return experiment_views(self._snapshot._section(self._sections[name]), f"{name}.md")

    def __iter__(self) -> Iterator[str]:
        return iter(self._sections)

    def __len__(self) -> int:
        return len(self._sections)


def damaged(run: PlannedRun, error: Exception) -> str:
    """The message about a result that is not as it was stored."""
    return f"{error}; report.run('{run.section}.{run.experiment}') makes it again"


def _not_run(run: PlannedRun) -> str:
    experiment = f"{run.section}.{run.experiment}"
    reasons = [*run.why[:REASONS], *(["…"] if len(run.why) > REASONS else [])]
    changed = f"has to run again ({'; '.join(reasons)})" if run.status == "stale" else "has not run"
    return (
        f"{run.name} {changed}: report.run({experiment!r}) runs it, "
        f"or fwd-report build --only {experiment}"
    )

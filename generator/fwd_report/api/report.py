"""A report opened from Python: its sections, experiments and runs."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from fwd_report.api.by_name import ByName
from fwd_report.api.exceptions import (
    RestartNeededError,
    RunsFailedError,
    UnknownNameError,
    mistakes_of_plugins,
    no_attribute,
)
from fwd_report.api.experiment import Experiment
from fwd_report.api.outcome import Outcome
from fwd_report.api.rich import Rich
from fwd_report.api.snapshot import Snapshot
from fwd_report.api.stored_run import Run
from fwd_report.build import plan_project
from fwd_report.errors import CodeChangedError, Problem, counted, say
from fwd_report.plan.encodings import check_encodings
from fwd_report.project_folder import project_folder
from fwd_report.running import Options, Running
from fwd_report.site.titles import title_html
from fwd_report.spec.project import ExperimentSpec, SectionSpec
from fwd_report.spec.selection import name_problem

STOPPED = "stopped; what was done is stored, and the next report.run() goes on from there"


def open_report(
    path: str | Path = ".",
    profile: str | None = None,
    *,
    overrides: str | Sequence[str] = (),
    untrusted: bool = False,
) -> Report:
    """Open the report in a folder.

    path: the writeup's folder; for ".", the current folder or the nearest one above it that holds a
    writeup. profile: which `field@profile` values apply; None: the report's first profile.
    overrides: one or several settings as the command's --set takes them, such as "seed=7".
    untrusted: run no code of the folder, as --untrusted does.

    Raises UserError with every mistake in the specs, each with its file and line.
    """
    texts = (overrides,) if isinstance(overrides, str) else tuple(overrides)
    options = Options(profile, texts, untrusted=untrusted)
    report = Report(project_folder(Path(os.path.expanduser(path))).resolve(), options)
    report._load()
    return report


class Report(ByName["Section"]):
    """A report, read again from its files whenever it is used.

    It is a read-only mapping of its sections by name, in page order: `report["hybrids"]` is a
    section, `for name in report` gives the names, `report.sections` and `report.values()` the
    sections. `report["hybrids.skull"]` is an experiment. An object taken from it keeps what the
    files said at that time; the results of its runs appear in it as they are stored. Each warning
    is issued once. A report holds no open file and no lock.
    """

    def __init__(self, root: Path, options: Options) -> None:
        self.root = root
        self._options = options
        self._warned: set[str] = set()

    @property
    def profile(self) -> str:
        """The profile in use."""
        return self._load().plan.project.profile

    @property
    def title(self) -> str:
        """The report's title, as report.yaml has it."""
        return self._load().plan.project.report.title

    @property
    def sections(self) -> tuple[Section, ...]:
        """All sections, in the order of the pages."""
        snapshot = self._load()
        return tuple(Section(snapshot, spec) for spec in snapshot.plan.project.sections)

    def __getitem__(self, name: str) -> Any:
        """A `Section` by its name, or an `Experiment` as `section.experiment`.

        Raises UnknownNameError, a KeyError that suggests a name, where there is none.
        """
        snapshot = self._load()
        _require(snapshot, name)
        section, dot, experiment = name.partition(".")
        specs = {spec.name: spec for spec in snapshot.plan.project.sections}
        found = Section(snapshot, specs[section])
        return found[experiment] if dot else found

    def run(
        self,
        *names: str | Section | Experiment | Run,
        force: bool = False,
        keep_going: bool = False,
    ) -> Outcome:
        """Run what is not stored yet: of the sections, experiments and runs named, or of the whole
        report.

        A second call runs nothing. It writes no pages: `fwd-report build` does.

        names: "hybrids", "hybrids.skull", or objects taken from the report; for a slice such as
        `report["noise.dot"][:3]`, or a single run, only those runs. A run is identified by its
        position in its experiment. What the runs need is run too. force: also run what is stored.
        keep_going: after a failure, run the rest; the outcome then lists what failed.

        Raises RunsFailedError, which lists what failed, unless keep_going; UserError for mistakes
        in the specs, or a prompt of these runs that no file of embeddings holds; UnknownNameError
        for an unknown name; RestartNeededError if the package's code was edited after it was
        imported. Ctrl-C raises KeyboardInterrupt: finished results are stored, and the next call
        continues from there.
        """
        snapshot = self._load()
        only = [each for name in names for each in _selection(snapshot, name)]
        if names and not only:
            return Outcome((), 0)
        options = replace(self._options, only=only, force=force, keep_going=keep_going)
        check_encodings(snapshot.plan.project, snapshot.plan.selected(only), snapshot.store)
        running = Running(snapshot.plan, snapshot.store, options)
        before = {run.key for run in snapshot.plan.runs if run.status == "fresh"}
        try:
            with mistakes_of_plugins():
                running.run()
        except CodeChangedError as error:
            raise RestartNeededError(error) from None
        except KeyboardInterrupt:
            say(STOPPED, err=True)
            raise
        outcome = Outcome.of(running, before)
        if outcome.failed and not keep_going:
            raise RunsFailedError(outcome)
        return outcome

    def _by_name(self) -> dict[str, Section]:
        return {section.name: section for section in self.sections}

    def _load(self) -> Snapshot:
        with mistakes_of_plugins():
            project = self._options.project(self.root)
            plan, store, said = plan_project(project, ())
        for warning in (*map(str, project.warnings), *said):
            if warning not in self._warned:
                self._warned.add(warning)
                warnings.warn(warning, ReportWarning, stacklevel=3)
        return Snapshot(plan, store)

    def __repr__(self) -> str:
        snapshot = self._load()
        project = snapshot.plan.project
        lines = [f"<Report {project.report.title!r}, profile {project.profile}>"]
        lines += [f"  {Section(snapshot, spec)!r}" for spec in project.sections]
        return "\n".join(lines)


class ReportWarning(UserWarning):
    """Something in the specs that is probably not what the author meant."""


class Section(Rich, ByName[Experiment]):
    """A section: a file in experiments/, a page of the report, and a read-only mapping of its
    experiments by id, in page order.
    """

    def __init__(self, snapshot: Snapshot, spec: SectionSpec) -> None:
        self._snapshot = snapshot
        self._spec = spec

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return self._spec.name

    @property
    def title(self) -> str:
        """The page's title, as written."""
        return self._spec.title

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """Its experiments, in page order."""
        return tuple(self._experiment(spec) for spec in self._spec.experiments)

    def __getitem__(self, name: str) -> Experiment:
        """The experiment of that id. Raises UnknownNameError, with a suggestion."""
        _require(self._snapshot, f"{self.name}.{name}")
        return self._experiment(next(each for each in self._spec.experiments if each.id == name))

    if not TYPE_CHECKING:  # a type checker knows the names of a mapping

        def __getattr__(self, name: str) -> NoReturn:
            held: dict[str, type] = {}
            if not name.startswith("_") and self._spec.experiments:
                first = f'["{self._spec.experiments[0].id}"]'
                held = {first: Experiment, f"{first}[0]": Run}
            raise no_attribute(self, name, held)

    def _by_name(self) -> dict[str, Experiment]:
        return {spec.id: self._experiment(spec) for spec in self._spec.experiments}

    def _experiment(self, spec: ExperimentSpec) -> Experiment:
        runs = self._snapshot.plan.experiments[self.name, spec.id]
        return Experiment(self._snapshot, self._spec, spec, runs)

    def __repr__(self) -> str:
        runs = [run for experiment in self.values() for run in experiment]
        of = f"{sum(run.status == 'fresh' for run in runs)} of {counted(len(runs), 'run')}"
        return f"<Section {self.name}: {counted(len(self), 'experiment')}, {of} fresh>"

    def _html(self) -> str:
        shown = [each for each in self.experiments if each._spec.show]
        figures = [each._figure() for each in shown]
        return self._snapshot.embedded([f"<h2>{title_html(self.title)}</h2>", *figures])


def _selection(snapshot: Snapshot, chosen: str | Section | Experiment | Run) -> list[str]:
    """The names under which the plan knows the selection; raises UnknownNameError."""
    whole = isinstance(chosen, Experiment) and chosen.whole
    if isinstance(chosen, Run) or (isinstance(chosen, Experiment) and not whole):
        runs = [chosen.name] if isinstance(chosen, Run) else [run.name for run in chosen]
        planned = {run.name for run in snapshot.plan.runs}
        for name in runs:
            if name not in planned:
                raise UnknownNameError(Problem(f"there is no run '{name}' any more"))
        return runs
    name = chosen.name if isinstance(chosen, Section | Experiment) else chosen
    _require(snapshot, name)
    return [name]


def _require(snapshot: Snapshot, name: str) -> None:
    """Raise UnknownNameError unless the name is that of a section or an experiment."""
    if not isinstance(name, str):
        raise TypeError(f"sections and experiments are found by name, not by {name!r}")
    if problem := name_problem(snapshot.plan.project, name):
        raise UnknownNameError(problem)

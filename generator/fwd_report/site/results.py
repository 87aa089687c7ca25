"""What the site is rendered from: the project's sections, each with the results it may show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fwd_report.spec.project import ExperimentSpec, Project, SectionSpec
from fwd_report.store.entry import Entry

if TYPE_CHECKING:
    from fwd_report.scripts.script import Script


@dataclass(frozen=True)
class ExperimentResult:
    """One experiment with its stored results, in the plan's order.

    entries: for kind "figure", those of the experiments it refers to. absence: why results are
    missing (the cause of a failed run, or that it has not run), None when all are there. script:
    what makes the first picture again, for techniques of single pictures.
    """

    spec: ExperimentSpec
    entries: tuple[Entry, ...]
    absence: str | None = None
    script: Script | None = None


@dataclass(frozen=True)
class SectionResult:
    spec: SectionSpec
    experiments: tuple[ExperimentResult, ...]


@dataclass(frozen=True)
class ReportResult:
    """The whole report, sections in the order of the pages."""

    project: Project
    sections: tuple[SectionResult, ...]

"""What the site is rendered from: the project's sections, each with its results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fwd_report.errors import Problem
from fwd_report.spec.project import ExperimentSpec, Project, SectionSpec
from fwd_report.store.entry import Entry

if TYPE_CHECKING:
    from fwd_report.scripts.script import Script


@dataclass(frozen=True)
class ExperimentResult:
    """One experiment with its stored results, in plan order.

    entries: for kind "figure", those of the experiments it refers to. absence: why results are
    missing (the cause of a failed run, or that it has not run), None if all are there. script:
    makes the first picture again, for techniques of single pictures. planned: the number of its
    runs, with and without results; None: not known.
    """

    spec: ExperimentSpec
    entries: tuple[Entry, ...]
    absence: str | None = None
    script: Script | None = None
    planned: int | None = None

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where its results are."""
        return tuple(entry.folder for entry in self.entries)

    @property
    def sections(self) -> frozenset[str]:
        """The sections of its results, and of the results that these need."""
        waiting, met = list(self.entries), set[int]()
        found: set[str] = set()
        while waiting:
            entry = waiting.pop()
            if id(entry) not in met:
                met.add(id(entry))
                found.add(entry.section)
                waiting += [need for group in entry.needs.values() for need in group]
        return frozenset(found)


class StoredResult(ExperimentResult):
    """The same, read on first use: most pages of a render are not made again.

    Reading `entries` raises DamagedEntryError if files are not as they were stored.
    """

    _folders: tuple[Path, ...]
    _sections: frozenset[str]
    _entries: Callable[[], tuple[Entry, ...]]
    _script: Callable[[], Script | None]

    def __init__(
        self,
        spec: ExperimentSpec,
        absence: str | None,
        folders: tuple[Path, ...],
        sections: frozenset[str],
        entries: Callable[[], tuple[Entry, ...]],
        script: Callable[[], Script | None],
        planned: int,
    ) -> None:
        known = {"spec": spec, "absence": absence, "_folders": folders, "_sections": sections}
        self.__dict__.update(known, _entries=entries, _script=script, planned=planned)

    @property
    def folders(self) -> tuple[Path, ...]:
        return self._folders

    @property
    def sections(self) -> frozenset[str]:
        return self._sections

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        return self._entries()

    @cached_property
    def script(self) -> Script | None:
        return self._script()


@dataclass(frozen=True)
class SectionResult:
    spec: SectionSpec
    experiments: tuple[ExperimentResult, ...]


@dataclass(frozen=True)
class ReportResult:
    """The whole report, sections in the order of the pages."""

    project: Project
    sections: tuple[SectionResult, ...]
    unencoded: tuple[Problem, ...] = ()
    """The prompts that no file of encodings holds, for `check`."""

"""What each page is made from, as digests of contents: the same wherever a project lies."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import fwd_report
from fwd_report.plan.plugged import digest_of_plugins
from fwd_report.site.address import site_address
from fwd_report.site.nav import hand_written
from fwd_report.site.page_folders import templates_folder
from fwd_report.site.results import ReportResult
from fwd_report.spec.project import ExperimentSpec, Project, SectionSpec
from fwd_report.spec.templates import MARKS
from fwd_report.store.manifest import MANIFEST
from fwd_report.store.memory import digest_of, memory_of

CODE = (
    "diffusion", "figures", "models", "plan", "plugins", "scripts", "site", "spec", "store",
    "techniques", "training",
)  # fmt: skip
"""The subpackages whose code determines what a page looks like, or is quoted by scripts."""
MODULES = (
    "errors.py", "git.py", "outside.py", "packaged.py", "project_folder.py", "sources.py",
    "stopping.py",
)  # fmt: skip
"""The other modules that rendering loads."""
REPORT_NAMED = re.compile(r"""\breport\b(?:\s*\.\s*(\w+)|\s*\[\s*(?:"([^"]*)"|'([^']*)')\s*\])?""")
"""The name `report` in a template, and the section that is looked up in it by a literal name."""


@dataclass(frozen=True)
class Shown:
    """The results that an experiment shows: their folders, which identify them, and why any are
    missing.

    sections: those that the results, and what they need, belong to; pages use the labels that these
    sections give them.
    """

    section: str
    experiment: str
    folders: tuple[Path, ...]
    absence: str | None
    sections: frozenset[str]


def shown_results(report: ReportResult) -> list[Shown]:
    """What a report shows; reads nothing."""
    return [
        Shown(section.spec.name, result.spec.id, result.folders, result.absence, result.sections)
        for section in report.sections
        for result in section.experiments
    ]


class Inputs:
    """Digests of everything that the pages of a project are made from."""

    def __init__(self, project: Project, shown: Iterable[Shown], root: Path) -> None:
        self._project = project
        self._root = root
        self._of_file = memory_of(root).of_file_or_absent
        self._specs = {spec.name: spec for spec in project.sections}
        self._shown: dict[str, list[Shown]] = {name: [] for name in self._specs}
        for item in shown:
            self._shown[item.section].append(item)
        self._facts = {name: self._facts_of(spec) for name, spec in self._specs.items()}
        self._prose = {name: self._prose_of(spec) for name, spec in self._specs.items()}

    @cached_property
    def of_all(self) -> str:
        """The digest of what all pages, and what surrounds them, are made from."""
        project = self._project
        rubric = project.rubric.model_dump(mode="json") if project.rubric else None
        around = [rubric, site_address(project), hand_written(self._root / "docs")]
        sections = [[self._facts[name], self._prose[name]] for name in self._specs]
        return digest_of(self._look, self._report, around, sections)

    def of_page(self, section: str) -> str:
        """The digest of what a section's page is made from: the section and those it mentions."""
        near = self.spoken_of(section)
        near |= {name for each in near for item in self._shown[each] for name in item.sections}
        facts = [self._facts[name] for name in self._specs if name in near]
        return digest_of("page", self._made_by, self._report, section, self._prose[section], facts)

    def spoken_of(self, section: str) -> set[str]:
        """A section and those that its prose may use: all of them, if that cannot be told."""
        near = {section}
        for text in prose_of(self._specs[section]):
            if any(mark in text for mark in MARKS):
                for found in REPORT_NAMED.finditer(text):
                    name = found[1] or found[2] or found[3]
                    near |= {name} if name in self._specs else self._specs.keys()
        return near

    def of_front(self) -> str:
        """The digest of what the front page is made from: every section without its prose."""
        return digest_of("front", self._made_by, self._report, list(self._facts.values()))

    @cached_property
    def _look(self) -> str:
        """The digest of the code and the templates that determine what pages look like."""
        return digest_of([[name, self._of_file(path)] for name, path in _sources(self._project)])

    @cached_property
    def _made_by(self) -> list[str]:
        return [self._look, memory_of(self._root).code]

    @cached_property
    def _report(self) -> list[Any]:
        project = self._project
        report = project.report.model_dump(mode="json", exclude={"store", "push"})
        return [report, project.profile, digest_of_plugins(project)]

    def _facts_of(self, spec: SectionSpec) -> str:
        """A section without its prose: what other pages may show of it."""
        results = [
            [item.experiment, item.absence, [self._result(folder) for folder in item.folders]]
            for item in self._shown[spec.name]
        ]
        described = [spec.name, spec.title, spec.order, spec.part, spec.covers]
        return digest_of(described, [_described(item) for item in spec.experiments], results)

    def _prose_of(self, spec: SectionSpec) -> str:
        file = self._of_file(spec.file)
        texts = [[item.caption, item.discussion, item.source] for item in spec.experiments]
        return digest_of(spec.file.name, file, spec.intro, spec.outro, texts)

    def _result(self, folder: Path) -> list[str]:
        return [folder.name, self._of_file(f"{folder}{os.sep}{MANIFEST}")]


def prose_of(spec: SectionSpec) -> Iterator[str]:
    """The texts of a section that are templates."""
    yield from (spec.intro, spec.outro)
    for experiment in spec.experiments:
        yield from (experiment.caption, experiment.discussion)


def _described(experiment: ExperimentSpec) -> list[Any]:
    """An experiment without its prose."""
    variants = [
        [dict(variant.axes), variant.seed, variant.seeds, variant.technique.model_dump()]
        for variant in experiment.variants
    ]
    technique = experiment.technique.name if experiment.variants else ""
    return [
        [experiment.id, experiment.title, experiment.show, experiment.label, experiment.metrics],
        [technique, experiment.samples, experiment.best_of, variants],
    ]


def _sources(project: Project) -> Iterator[tuple[str, str]]:
    """The files that determine what pages look like, each under a name that is the same in every
    copy.
    """
    package = Path(fwd_report.__file__).parent
    folders = {"templates": templates_folder(project), **{name: package / name for name in CODE}}
    for name, folder in folders.items():
        yield from _files(name, str(folder))
    for name in MODULES:
        yield name, str(package / name)


def _files(
    name: str, folder: str, above: frozenset[tuple[int, int]] = frozenset()
) -> Iterator[tuple[str, str]]:
    """The files in a folder and below, following links.

    above: device and inode of the folders above it; a link back to one of them is skipped.
    """
    found = os.stat(folder)
    here = (found.st_dev, found.st_ino)
    if here in above:
        return
    with os.scandir(folder) as entries:
        inside = sorted(entries, key=lambda entry: entry.name)
    for entry in inside:
        if entry.name == "__pycache__":
            continue
        if os.path.isdir(entry.path) if entry.is_symlink() else entry.is_dir():
            yield from _files(f"{name}/{entry.name}", entry.path, above | {here})
        else:
            yield f"{name}/{entry.name}", entry.path

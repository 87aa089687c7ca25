"""Reads, checks and types a project's specs, and reports all problems of all files in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from fwd_report.errors import Problem, UserError, reason
from fwd_report.plugins.offers import Plugins, read_plugins
from fwd_report.spec.cut_texts import cut_texts
from fwd_report.spec.document import Document, ValuePath
from fwd_report.spec.effectless import effectless
from fwd_report.spec.experiments import Draft, build_experiments
from fwd_report.spec.extent import excess
from fwd_report.spec.images import Images
from fwd_report.spec.input_files import check_inputs
from fwd_report.spec.overrides import apply_to_report, apply_to_sections, parse_overrides
from fwd_report.spec.profiles import check_profiles, named_profiles, under_profile
from fwd_report.spec.project import FOLDER, REPORT, Project, ReportSpec, SectionSpec
from fwd_report.spec.prose_check import ProseCheck
from fwd_report.spec.references import References
from fwd_report.spec.rubric import NONE, Rubric, load_rubric
from fwd_report.spec.sections import build_section, named_techniques, section_files
from fwd_report.spec.suggest import did_you_mean
from fwd_report.spec.templates import Templates
from fwd_report.spec.validation import validated
from fwd_report.spec.yaml_nodes import Place, YamlMapping
from fwd_report.spec.yaml_source import SourceText, read_yaml
from fwd_report.store.memory import memory_of
from fwd_report.techniques.base import Technique
from fwd_report.techniques.registry import all_techniques, find_techniques


@dataclass(frozen=True)
class _File:
    """A file's tree, and the profiles that its keys name."""

    path: Path
    source: SourceText
    tree: YamlMapping
    profiles: frozenset[str]

    def under(self, profile: str | None) -> Document:
        return under_profile(self.tree, self.source, profile)


@dataclass
class _View:
    """The whole project under one profile."""

    report: ReportSpec | None
    report_document: Document
    documents: dict[str, Document] = field(default_factory=dict)
    drafts: dict[str, tuple[Draft, ...]] = field(default_factory=dict)
    sections: dict[str, SectionSpec | None] = field(default_factory=dict)
    rubric: Rubric | None = None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def load_project(
    root: Path,
    profile: str | None = None,
    overrides: Sequence[str] = (),
    techniques: Mapping[str, type[Technique]] | None = None,
    trusted: bool = True,
) -> Project:
    """The project under `profile` (None: its first) with `--set` overrides applied.

    Reads `experiments/report.yaml`, every section beside it, and what `techniques/` adds. Values
    for other profiles are checked too. techniques: the only ones available, for tests. trusted:
    whether the project's own code is used. Raises UserError with every problem found.
    """
    report_file(root)
    plugins = read_plugins(root, trusted)
    with plugins.used():
        return _Loader(root, profile, overrides, techniques, plugins, trusted).load()


def report_file(root: Path) -> Path:
    """The path of a project's report.yaml; raises UserError if there is no project."""
    path = root / FOLDER / f"{REPORT}.yaml"
    try:
        there = path.is_file()
    except OSError as error:
        raise UserError(f"{str(root)[:60]} cannot be read: {reason(error)}") from error
    if not there:
        message = f"{root} holds no writeup: there is no {FOLDER}/{REPORT}.yaml"
        raise UserError(Problem(message, hint="start one with: fwd-report init DIR"))
    return path


class _Loader:
    def __init__(
        self,
        root: Path,
        profile: str | None,
        overrides: Sequence[str],
        techniques: Mapping[str, type[Technique]] | None,
        plugins: Plugins,
        trusted: bool,
    ) -> None:
        self._root = root
        self._profile = profile
        self._techniques: Mapping[str, type[Technique]] = techniques or {}
        self._only_these = techniques is not None
        self._plugins = plugins
        self._trusted = trusted
        self._problems: list[Problem] = []
        self._overrides = parse_overrides(overrides, self._problems)
        self._unread: list[str] = []
        self._memory = memory_of(root)
        self._images = Images(self._memory)
        self._templates = Templates(self._memory)

    def load(self) -> Project:
        report = self._report_file()
        paths = section_files(self._root, self._problems)
        profiles = self._profiles(report)
        files = {name: self._read(path) for name, path in paths.items()}
        self._unread = [name for name, file in files.items() if file is None]
        read = {name: file for name, file in files.items() if file is not None}
        if not self._only_these:
            named = {name for file in read.values() for name in named_techniques(file.tree)}
            self._techniques = find_techniques(self._plugins, named)
        for file in (report, *read.values()):
            self._problems += check_profiles(file.tree, file.source, profiles)
        active = self._profile or profiles[0]
        view = self._view(report, read, active)
        self._problems += view.problems
        marked = frozenset().union(report.profiles, *(file.profiles for file in read.values()))
        others = [name for name in profiles if name != active and marked & {name, active}]
        for name in others:
            self._add_problems_of(name, self._view(report, read, name))
        cut = self._cut_texts((report, *read.values()))
        self._memory.save()
        if self._problems:
            raise UserError(sorted(_explained(self._problems, cut), key=_order))
        assert view.report is not None
        sections = [section for section in view.sections.values() if section is not None]
        sections.sort(key=lambda section: (section.order, section.name))
        positions = _positions(view, sections)
        project = Project(
            self._root,
            active,
            view.report,
            tuple(sections),
            positions,
            view.rubric,
            trusted=self._trusted,
            warnings=tuple(sorted(dict.fromkeys((*cut, *view.warnings)), key=_order)),
            plugins=self._plugins,
        )
        if (message := _data_error(project)) is not None:
            hint = "name a folder with the dataset files, or leave data out: they are downloaded"
            raise UserError(project.problem(message, REPORT, "data", hint=hint))
        return project

    def _report_file(self) -> _File:
        """report.yaml; raises UserError at once if it cannot be read."""
        file = self._read(report_file(self._root))
        if file is None:
            section_files(self._root, self._problems)
            raise UserError(self._problems)
        return file

    def _read(self, path: Path) -> _File | None:
        source, tree = read_yaml(path, path.relative_to(self._root), self._problems)
        return None if tree is None else _File(path, source, tree, frozenset(named_profiles(tree)))

    def _cut_texts(self, files: Sequence[_File]) -> tuple[Problem, ...]:
        """Warnings about texts in which YAML begins a comment."""
        found = [cut_texts(file.tree, file.source, self._techniques) for file in files]
        return tuple(sorted(dict.fromkeys(chain(*found)), key=_order))

    def _profiles(self, report: _File) -> tuple[str, ...]:
        """The profiles that report.yaml declares; the default ones if the declaration is
        invalid.
        """
        data = report.under(None).data
        names = data.get("profiles")
        usual = ReportSpec.model_fields["profiles"].default
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            names = usual
        if self._profile is not None and self._profile not in names:
            hint = did_you_mean(self._profile, names)
            self._problems.append(Problem(f"there is no profile '{self._profile}'", hint=hint))
        return tuple(names) or usual

    def _view(self, report: _File, files: Mapping[str, _File], profile: str) -> _View:
        """The project under one profile, with all of its problems there."""
        problems: list[Problem] = []
        document = report.under(profile)
        documents = {name: file.under(profile) for name, file in files.items()}
        apply_to_report(self._overrides, document, profile, list(documents), problems)
        apply_to_sections(self._overrides, documents, profile, problems)
        values = {key: value for key, value in document.data.items() if value is not None}
        spec = validated(ReportSpec, values, document, "report.yaml", lambda key: (key,))
        view = _View(spec, document, documents, problems=problems)
        if (too_much := excess(documents.values())) is not None:
            problems.append(too_much)
            return view
        for name, section in documents.items():
            view.drafts[name] = build_experiments(section, self._techniques)
            view.sections[name] = build_section(section, name, files[name].path, view.drafts[name])
        if spec is not None:
            view.rubric = self._rubric(spec.rubric, document, problems)
        if view.rubric is not None:
            for section in documents.values():
                _check_covers(section, view.rubric)
        References(documents, view.drafts, self._unread).check()
        prose = ProseCheck(self._templates, view.drafts, self._unread)
        for name, section in documents.items():
            for draft in view.drafts[name]:
                view.warnings += check_inputs(self._root, section, draft, self._images)
                view.warnings += effectless(section, draft)
            for path in _prose_paths(view.drafts[name]):
                prose.check(section, path, name)
        for found in (document, *documents.values()):
            problems += found.problems
        return view

    def _rubric(self, named: str, document: Document, problems: list[Problem]) -> Rubric | None:
        """The rubric that report.yaml names; None if it names none, or an invalid one."""
        if named == NONE:
            return None
        techniques = {**all_techniques(), **self._techniques}
        try:
            return load_rubric(named, self._root, problems, techniques)
        except LookupError as error:
            document.report(f"there is no rubric '{named}'", ("rubric",), str(error))
            return None

    def _add_problems_of(self, profile: str, view: _View) -> None:
        """Add the problems that exist only under another profile, and name the profile."""
        known = set(self._problems)
        for problem in view.problems:
            if problem not in known:
                message = f"{problem.message} (under the profile '{profile}')"
                self._problems.append(replace(problem, message=message))


def _explained(problems: Sequence[Problem], cut: Sequence[Problem]) -> list[Problem]:
    """The problems without duplicates; one in a line with a cut text gets the hint about that."""
    hints = {(warning.file, warning.line): warning.hint for warning in cut}
    return [
        replace(problem, hint=hints.get((problem.file, problem.line), problem.hint))
        for problem in dict.fromkeys(problems)
    ]


def _data_error(project: Project) -> str | None:
    """What is wrong with the folder of datasets, if one is named."""
    try:
        if project.data is None or project.data.is_dir():
            return None
    except (OSError, ValueError) as error:
        return f"{project.report.data!r:.60} cannot be read: {reason(error)}"
    return f"there is no folder {project.data}"


def _order(problem: Problem) -> tuple[str, int, int]:
    return str(problem.file or ""), problem.line or 0, problem.column or 0


def _check_covers(document: Document, rubric: Rubric) -> None:
    """Report what a section claims to cover but the rubric does not have."""
    covers = document.data.get("covers")
    for index, name in enumerate(covers if isinstance(covers, list) else ()):
        if isinstance(name, str) and rubric.item(name) is None:
            there = ", ".join(item.id for item in rubric.items)
            message = f"covers[{index}] names no item of the rubric {rubric.name}"
            document.report(message, ("covers", index), f"there is: {there}")


def _prose_paths(drafts: Sequence[Draft]) -> list[ValuePath]:
    """The paths of a section's prose."""
    paths: list[ValuePath] = [("intro",), ("outro",)]
    for draft in drafts:
        paths += [(*draft.path, "caption"), (*draft.path, "discussion")]
    return paths


def _positions(view: _View, sections: Sequence[SectionSpec]) -> dict[tuple[str | int, ...], Place]:
    """Places by (section, experiment id, field…), and ("report", field) for report.yaml."""
    found: dict[tuple[str | int, ...], Place] = {
        (REPORT, *path): place for path, place in view.report_document.places.items()
    }
    for section in sections:
        ids = {draft.path: draft.id for draft in view.drafts[section.name]}
        for path, place in view.documents[section.name].places.items():
            if path[:2] in ids:
                found[(section.name, ids[path[:2]], *path[2:])] = place
            else:
                found[(section.name, *path)] = place
    return found

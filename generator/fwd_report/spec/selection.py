"""Sections and experiments named on a command line: `section` and `section.experiment`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from fwd_report.errors import Problem, UserError, joined
from fwd_report.spec.project import Project
from fwd_report.spec.sections import section_files
from fwd_report.spec.suggest import did_you_mean
from fwd_report.spec.yaml_nodes import Scalar, YamlMapping, YamlSequence
from fwd_report.spec.yaml_source import read_yaml

SPEC_SUFFIXES = (".yaml", ".yml")


def check_names(project: Project, names: Iterable[str]) -> None:
    """Raise UserError, with suggestions, for names that are neither a section nor an experiment."""
    problems = [problem for name in names if (problem := name_problem(project, name))]
    if problems:
        raise UserError(problems)


def name_problem(project: Project, name: str) -> Problem | None:
    """What is wrong with a name, with the closest one; None if it exists."""
    sections = project.sections
    ids = {section.name: [each.id for each in section.experiments] for section in sections}
    return _name_problem(ids, name)


def with_unknown_names(root: Path, names: Collection[str], error: UserError) -> UserError:
    """An error of loading a project together with the unknown ones among these names.

    Names of sections whose files cannot be read are not among them.
    """
    ignored: list[Problem] = []
    try:
        files = section_files(root, ignored) if names else {}
        trees = {section: read_yaml(path, path, ignored)[1] for section, path in files.items()}
    except OSError:  # which is what the error says
        return error
    ids = {section: _ids(tree) for section, tree in trees.items()}
    found = [
        problem
        for name in names
        if trees.get(name.partition(".")[0], name) is not None
        and (problem := _name_problem(ids, name)) is not None
    ]
    return joined([UserError(found), error]) if found else error


def _ids(tree: YamlMapping | None) -> list[str]:
    """The ids of a section's experiments, as far as they are written as texts."""
    written = tree.get("experiments") if tree is not None else None
    items = written.items if isinstance(written, YamlSequence) else []
    found = [item.get("id") for item in items if isinstance(item, YamlMapping)]
    return [str(node.value) for node in found if isinstance(node, Scalar)]


def _name_problem(ids: Mapping[str, Sequence[str]], name: str) -> Problem | None:
    """As `name_problem`. ids: of the experiments of each section."""
    experiments = {key: [f"{key}.{each}" for each in there] for key, there in ids.items()}
    section, dot, _ = name.partition(".")
    if not dot and section in experiments:
        return None
    if dot and section in experiments and Path(name).suffix not in SPEC_SUFFIXES:
        if name in experiments[section]:
            return None
        hint = did_you_mean(name, experiments[section])
        return Problem(f"there is no experiment '{name}'", hint=hint)
    own = [full for names in experiments.values() for full in names if full.endswith(f".{name}")]
    hint = did_you_mean(Path(name).stem, own or experiments)
    return Problem(f"there is no section '{name}'", hint=hint)

"""Sections and experiments named on a command line: `section` and `section.experiment`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fwd_report.errors import Problem, UserError
from fwd_report.spec.project import Project
from fwd_report.spec.suggest import did_you_mean

SPEC_SUFFIXES = (".yaml", ".yml")


def check_names(project: Project, names: Iterable[str]) -> None:
    """Raise UserError, with suggestions, for names that are neither a section nor an experiment."""
    problems = [problem for name in names if (problem := name_problem(project, name))]
    if problems:
        raise UserError(problems)


def name_problem(project: Project, name: str) -> Problem | None:
    """What is wrong with a name, with the closest one; None if it exists."""
    experiments = {
        section.name: [f"{section.name}.{experiment.id}" for experiment in section.experiments]
        for section in project.sections
    }
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

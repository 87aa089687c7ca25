"""Which models a report's stages are."""

from __future__ import annotations

from pathlib import Path

from fwd_report.errors import UserError
from fwd_report.models.names import EMBEDDED, resolve
from fwd_report.spec.model import REPORT, Project


def stage_names(project: Project) -> dict[int, str]:
    """The model report.yaml names for each stage it has one for, as written there."""
    report = project.report
    upscaler = report.upscaler or (EMBEDDED if report.model == EMBEDDED else None)
    return {1: report.model} if upscaler is None else {1: report.model, 2: upscaler}


def stage_models(project: Project) -> dict[int, Path | str]:
    """The folder or hub id of each stage. Raises UserError for what is neither."""
    return {stage: _resolved(project, stage, name) for stage, name in stage_names(project).items()}


def _resolved(project: Project, stage: int, name: str) -> Path | str:
    try:
        return resolve(name, stage, project.root)
    except UserError as error:
        field = "upscaler" if stage == 2 and project.report.upscaler else "model"
        raise UserError(
            [
                project.problem(problem.message, REPORT, field, hint=problem.hint)
                for problem in error.problems
            ]
        ) from error

"""The models that a report uses: its stages, and the scorer."""

from __future__ import annotations

from pathlib import Path

from fwd_report.errors import UserError
from fwd_report.models import hub
from fwd_report.models.folder_layout import ENCODER_PARTS, STAGE_PARTS
from fwd_report.models.names import EMBEDDED, model_place, resolve_scorer
from fwd_report.spec.project import REPORT, Project


def stage_names(project: Project) -> dict[int, str]:
    """The model that report.yaml names for each of its stages, as written there."""
    report = project.report
    upscaler = report.upscaler or (EMBEDDED if report.model == EMBEDDED else None)
    return {1: report.model} if upscaler is None else {1: report.model, 2: upscaler}


def stage_models(project: Project) -> dict[int, Path | str]:
    """The folder or hub id of each stage. Raises UserError for a name that is neither."""
    return {stage: _resolved(project, stage, name) for stage, name in stage_names(project).items()}


def stage_parts(project: Project, stage: int) -> tuple[str, ...]:
    """The parts of a stage that are read: no text encoder if report.yaml has `embeddings`."""
    unread = ENCODER_PARTS if project.embeddings else ()
    return tuple(part for part in STAGE_PARTS[stage] if part not in unread)


def stage_folder(project: Project, stage: int, model: Path | str) -> Path | None:
    """Where a stage's model lies on this machine; None for one that has not been downloaded."""
    return model if isinstance(model, Path) else hub.downloaded(model, stage_parts(project, stage))


def scorer_model(project: Project, name: str, place: tuple[str, ...]) -> Path | str:
    """The folder or hub id of a scorer that is named at a place in the YAML.

    Raises UserError, pointing there, for a name that is neither.
    """
    try:
        return resolve_scorer(name, project.root)
    except UserError as error:
        raise placed(error, project, place) from error


def _resolved(project: Project, stage: int, name: str) -> Path | str:
    try:
        return model_place(name, stage, project.root)
    except UserError as error:
        field = "upscaler" if stage == 2 and project.report.upscaler else "model"
        raise placed(error, project, (REPORT, field)) from error


def placed(error: UserError, project: Project, place: tuple[str, ...]) -> UserError:
    """The same error, pointing at a place in the YAML."""
    section, *path = place
    return UserError(
        [
            project.problem(problem.message, section, *path, hint=problem.hint)
            for problem in error.problems
        ]
    )

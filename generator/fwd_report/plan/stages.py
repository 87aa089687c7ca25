"""Which models a report's stages are."""

from __future__ import annotations

from pathlib import Path

from fwd_report.models.names import EMBEDDED, resolve
from fwd_report.spec.model import Project


def stage_names(project: Project) -> dict[int, str]:
    """The model report.yaml names for each stage it has one for, as written there."""
    report = project.report
    upscaler = report.upscaler or (EMBEDDED if report.model == EMBEDDED else None)
    return {1: report.model} if upscaler is None else {1: report.model, 2: upscaler}


def stage_models(project: Project) -> dict[int, Path | str]:
    """The folder or hub id of each stage. Raises UserError for what is neither."""
    return {
        stage: resolve(name, stage, project.root) for stage, name in stage_names(project).items()
    }

"""Prompts encoded into a file, and a report that names it where no text encoder is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tests.helpers.project import Project


def encoded(project: Project, name: str = "prompts.pth") -> Path:
    """The round trip's first half: every prompt of the report, encoded where the encoder is."""
    done = project("prompts", "--encode", name)
    assert done.returncode == 0, done.stderr
    return project.root / name


def use(project: Project, *files: str) -> None:
    """Name the files in report.yaml, and take the text encoder away."""
    report = project.root / "experiments" / "report.yaml"
    report.write_text(report.read_text() + f"embeddings: {json.dumps(list(files))}\n")
    for part in ("text_encoder", "tokenizer"):
        shutil.rmtree(project.root / "model" / "stage_1" / part, ignore_errors=True)


def planned(project: Project) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = json.loads(project("plan", "--json").stdout)
    return runs

"""A writeup with a model of its own, in two stages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.helpers.project import Project, write_small_project

SHOWN = """\
title: Two stages
order: 30
part: Part A
intro: Two.
experiments:
  - id: small
    technique: sample
    prompt: An oil painting of a man
    steps: 3
    seed: 5
    caption: A man.
  - id: large
    technique: upsample
    of: small
    steps: 2
    caption: The same, larger.
"""


@pytest.fixture
def project(tmp_path: Path, tiny_if: Path) -> Project:
    """A writeup with a model of its own, whose text encoder a test may take away."""
    model = tmp_path / "models"
    shutil.copytree(tiny_if, model)
    project = write_small_project(tmp_path / "writeup", model)
    project.write("stages", SHOWN)
    (project.root / "experiments" / "noise.yaml").unlink()
    return project

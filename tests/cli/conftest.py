"""A small writeup that nothing is built of yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.helpers.project import REPORT, TRAINED, Project, write_small_project


@pytest.fixture
def project(tmp_path: Path, tiny_if: Path) -> Project:
    """Two sections of seven runs, with a random model."""
    return write_small_project(tmp_path, tiny_if)


@pytest.fixture
def deterministic(project: Project) -> Project:
    """The same with a training and samples of it, to be made with equal bytes each time."""
    project.write("report", REPORT + "deterministic: true\n")
    project.write("trained", TRAINED)
    return project

"""A small writeup that nothing is built of yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.helpers.project import Project, write_small_project


@pytest.fixture
def project(tmp_path: Path, tiny_if: Path) -> Project:
    """Two sections of seven runs, with a random model."""
    return write_small_project(tmp_path, tiny_if)

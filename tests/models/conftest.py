"""A model to damage."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def folder(tiny_if: Path, tmp_path: Path) -> Path:
    """A copy of stage I to damage."""
    return Path(shutil.copytree(tiny_if / "stage_1", tmp_path / "model"))

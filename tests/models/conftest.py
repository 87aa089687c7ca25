"""A model to damage, and a hub that answers without pauses."""

from __future__ import annotations

import shutil
from pathlib import Path

import huggingface_hub
import pytest

PIECE = 512
"""Bytes that the library writes at a time."""


@pytest.fixture
def folder(tiny_if: Path, tmp_path: Path) -> Path:
    """A copy of stage I to damage."""
    return Path(shutil.copytree(tiny_if / "stage_1", tmp_path / "model"))


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses between attempts, and small files come in several pieces."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", PIECE)

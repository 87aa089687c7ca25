"""A small writeup that nothing is built of yet."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from bench.noop import fabricated
from tests.helpers.made_up_build import Writeup, write_specs
from tests.helpers.project import Project, deterministic_project, write_small_project

from fwd_report import unchanged
from fwd_report.packaged import starter_folder


@pytest.fixture
def project(tmp_path: Path, tiny_if: Path) -> Project:
    """Two sections of seven runs, with a random model."""
    return write_small_project(tmp_path, tiny_if)


@pytest.fixture
def deterministic(tmp_path: Path, tiny_if: Path) -> Project:
    """The same with a training and samples of it, to be made with equal bytes each time."""
    return deterministic_project(tmp_path, tiny_if)


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    write_specs(source)
    shutil.copytree(starter_folder() / "site_templates", source / "site_templates")
    shutil.copyfile(starter_folder() / "mkdocs.yml", source / "mkdocs.yml")
    return fabricated(source, tmp_path_factory.mktemp("made up"))


@pytest.fixture
def writeup(made_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Writeup:
    """A copy, built once, by a process that began when all its files were old."""
    root = tmp_path / "writeup"
    shutil.copytree(made_up, root)
    shutil.rmtree(root / ".fwd-report" / "memory")
    monkeypatch.setattr(unchanged, "BEGAN_NS", time.time_ns() + 10**12)
    copy = Writeup(root)
    copy.build()
    assert copy.unchanged()
    return copy

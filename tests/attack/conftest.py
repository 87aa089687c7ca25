"""A writeup to attack: as it is before a build, and after one in peace."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from tests.helpers.writeup import RUNS, Writeup, write_project


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, tiny_if: Path) -> tuple[Writeup, float]:
    """The writeup built in peace, and the seconds that took in a process like the attacked."""
    writeup = write_project(tmp_path_factory.mktemp("peace") / "w", tiny_if)
    writeup.build()
    shutil.rmtree(writeup.root / ".fwd-report" / "store")
    began = time.monotonic()
    process = writeup.start("build")
    process.join()
    assert process.exitcode == 0, writeup.said(process)
    assert len(writeup.results()) == RUNS
    return writeup, time.monotonic() - began


@pytest.fixture
def writeup(tmp_path: Path, tiny_if: Path) -> Writeup:
    """Nothing built yet."""
    return write_project(tmp_path / "w", tiny_if)


@pytest.fixture
def copy(tmp_path: Path, built: tuple[Writeup, float]) -> Writeup:
    """A copy of what was built."""
    shutil.copytree(built[0].root, tmp_path / "w", symlinks=True)
    return Writeup(tmp_path / "w")

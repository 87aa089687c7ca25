"""A writeup and a worker; folders for temporary files that only this test's workers use."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers.writeup import Writeup, write_project

from fwd_report.executors.worker import Worker


@pytest.fixture(autouse=True)
def own_temporary_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """A test finds its own workers there, and kills no other's; the names of sockets there stay
    short enough for the system.
    """
    base = tmp_path_factory.getbasetemp()  # is not to be made in this one
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(base / "inductor"))  # outlives the test
    folder = tempfile.mkdtemp(prefix="fwdt-")
    monkeypatch.setenv("TMPDIR", folder)
    monkeypatch.setattr(tempfile, "tempdir", folder)
    yield
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def writeup(tmp_path: Path, tiny_if: Path) -> Writeup:
    return write_project(tmp_path / "w", tiny_if)


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker(1)
    yield worker
    worker.close()

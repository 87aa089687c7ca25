"""Plug-ins under `fwd-report serve`: pages follow edits, and mistakes are mended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.helpers.serving import eventually, fetch, free_port
from tests.helpers.shim import programs
from tests.plugins.test_broken import project_of
from tests.site.conftest import lay_out

from fwd_report.site.serve import serve

ROOT = Path(__file__).parents[2]
PATIENCE = 240
"""Seconds: each change runs a build that imports torch, on a machine that may be busy."""
OWN = """\
from fwd_report.techniques.base import Result, Technique


class Own(Technique):
    name = "own"
    stage = None

    def program(self, run):
        yield from ()
        return Result(run.noise.draw((3, 8, 8)).sigmoid(), metrics={"mood": 17.0})
"""


@pytest.fixture
def served(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    one_thread: None,
) -> Iterator[tuple[Path, int]]:
    root = lay_out(project_of(tmp_path / "p", {"own.py": OWN}))
    caption = 'caption: "A mood of {{ experiment.metrics.mood }}."'
    section = f"title: A\nexperiments:\n  - {{id: x, technique: own, {caption}}}\n"
    (root / "experiments" / "a.yaml").write_text(section)
    port = free_port()
    serving = as_a_process if request.node.callspec.params["whole"] else from_this_one
    with serving(root, port, tmp_path / "bin", monkeypatch):
        yield root, port


@contextmanager
def from_this_one(
    root: Path, port: int, programs_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The server in a thread of this process, and its builds in forks of it."""
    with programs(programs_folder):
        (programs_folder / "fork_of_it.py").symlink_to("fwd-report")
        monkeypatch.setenv("PYTHONPATH", str(programs_folder))
        stop = threading.Event()
        words = ["fork_of_it", "build", "--project", str(root)]
        thread = threading.Thread(target=serve, args=(root, words, port, print, stop))
        thread.start()
        yield
        stop.set()
        thread.join(60)


@contextmanager
def as_a_process(
    root: Path, port: int, programs_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    command = [sys.executable, "-m", "fwd_report", "serve", "-C", str(root), "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "generator")}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_pages_follow_a_plug_in_and_its_mistakes_are_shown_until_they_are_mended(
    served: tuple[Path, int], whole: bool
) -> None:
    """By default a mistake and its mending, which follows an edit too, with builds in forks.

    Else edits of each kind, and the command itself.
    """
    root, port = served
    own = root / "techniques" / "own.py"

    def shows(text: str) -> bool:
        return text in fetch(port)[1]

    assert eventually(lambda: shows("A mood of 17."), PATIENCE)
    if whole:
        own.write_text(OWN.replace("17.0", "1 / 0"))
        assert eventually(lambda: shows("division by zero (at techniques/own.py:10)"), PATIENCE)
        own.write_text(OWN)
        assert eventually(lambda: not shows("division by zero"), PATIENCE)
        assert shows("A mood of 17.")

    own.write_text(OWN.replace("return Result", "return return Result"))
    assert eventually(lambda: shows("techniques/own.py:10"), PATIENCE)
    assert shows("this is no Python"), "the mistake is told of on the page"
    assert shows("A mood of 17."), "the last good page stays"

    own.write_text(OWN.replace("17.0", "42.0"))
    assert eventually(lambda: shows("A mood of 42."), PATIENCE)
    assert not shows("techniques/own.py:10")

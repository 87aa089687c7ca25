"""Plug-ins under `fwd-report serve`, as a process: pages follow edits, and mistakes are mended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers.serving import eventually, fetch, free_port
from tests.plugins.test_broken import project_of
from tests.site.conftest import lay_out

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
def served(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    root = lay_out(project_of(tmp_path / "p", {"own.py": OWN}))
    caption = 'caption: "A mood of {{ experiment.metrics.mood }}."'
    section = f"title: A\nexperiments:\n  - {{id: x, technique: own, {caption}}}\n"
    (root / "experiments" / "a.yaml").write_text(section)
    port = free_port()
    command = [sys.executable, "-m", "fwd_report", "serve", "-C", str(root), "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "generator")}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield root, port
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_pages_follow_a_plug_in_and_its_mistakes_are_shown_until_they_are_mended(
    served: tuple[Path, int], whole: bool
) -> None:
    """By default a mistake and its mending, which follows an edit too; else edits of each kind."""
    root, port = served
    own = root / "techniques" / "own.py"

    def shows(text: str) -> bool:
        return text in fetch(port)[1]

    assert eventually(lambda: shows("A mood of 17."), PATIENCE)
    if whole:
        own.write_text(OWN.replace("17.0", "1 / 0"))
        assert eventually(lambda: shows("division by zero (at techniques/own.py:10)"), PATIENCE)
        own.write_text(OWN)
        assert eventually(lambda: shows("A mood of 17."), PATIENCE)

    own.write_text(OWN.replace("return Result", "return return Result"))
    assert eventually(lambda: shows("techniques/own.py:10"), PATIENCE)
    assert shows("this is no Python"), "the mistake is told of on the page"
    assert shows("A mood of 17."), "the last good page stays"

    own.write_text(OWN.replace("17.0", "42.0"))
    assert eventually(lambda: shows("A mood of 42."), PATIENCE)
    assert not shows("techniques/own.py:10")

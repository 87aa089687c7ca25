"""Every benchmark runs, at its smallest size: nothing else would tell that one has broken."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from tests.helpers.forked import fork, said

ROOT = Path(__file__).parents[1]
SMALLEST = {
    "ceiling": "--steps 1 --rounds 1 --batch 2 --no-model",
    "plan": "--times 1",
    "scale": "--runs 300 --workers 4 --seconds 0.01",
}
SLOW = {
    "cpu_options": "--rounds 1 --batch 1",
    "gpus": "",
    "hardware": "",
    "noop": "--fabricate --times 1",
    "part_a": "--every 400",
    "serve": "--times 1",
    "training": "--hidden 4 --batch 4 --steps 2 --rounds 1",
    "two_workers": "--samples 2 --rounds 1",
}


def test_all_are_here() -> None:
    assert {path.stem for path in (ROOT / "bench").glob("*.py")} == SMALLEST.keys() | SLOW.keys()


def run(name: str, options: str) -> None:
    """The script, as `python bench/NAME.py OPTIONS` runs it."""
    os.chdir(ROOT)
    sys.argv = [f"bench/{name}.py", *options.split()]
    sys.path.insert(0, str(ROOT / "bench"))
    runpy.run_path(sys.argv[0], run_name="__main__")


@pytest.mark.parametrize(("name", "options"), SMALLEST.items())
def test_a_small_benchmark_measures_something(
    name: str, options: str, tmp_path: Path, one_thread: None
) -> None:
    """In a fork of this process, which has imported torch."""
    (tmp_path / "here").mkdir()
    process = fork(tmp_path / "here", run, name, options)
    process.join(240)
    printed = said(tmp_path / "here", process)
    assert process.exitcode == 0, printed
    assert any(character.isdigit() for character in printed), printed


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options"), [*SMALLEST.items(), *SLOW.items()])
def test_a_benchmark_measures_something(name: str, options: str) -> None:
    done = subprocess.run(
        [sys.executable, f"bench/{name}.py", *options.split()],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert any(character.isdigit() for character in done.stdout), done.stdout

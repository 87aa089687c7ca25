"""Every benchmark runs, at its smallest size: nothing else would tell that one has broken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SMALLEST = {
    "ceiling": "--steps 1 --rounds 1 --batch 2 --no-model",
    "cpu_options": "--rounds 1 --batch 1",
    "gpus": "",
    "hardware": "",
    "noop": "--fabricate --times 1",
    "part_a": "--every 400",
    "plan": "--times 1",
    "scale": "--runs 300 --workers 4 --seconds 0.01",
    "serve": "--times 1",
    "training": "--hidden 4 --batch 4 --steps 2 --rounds 1",
    "two_workers": "--samples 2 --rounds 1",
}


def test_all_are_here() -> None:
    assert {path.stem for path in (ROOT / "bench").glob("*.py")} == SMALLEST.keys()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options"), SMALLEST.items())
def test_a_benchmark_measures_something(name: str, options: str) -> None:
    done = subprocess.run(
        [sys.executable, f"bench/{name}.py", *options.split()],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert any(character.isdigit() for character in done.stdout), done.stdout

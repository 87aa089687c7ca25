"""A report built under one Python and copied is fresh under another."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.helpers.project import Project

import fwd_report

VARIABLE = "FWD_REPORT_OTHER_PYTHON"
NEEDED = (
    "import pydantic, yaml, jinja2, typer, rich, filelock, markdown, py_mini_racer, pygments, "
    "PIL, numpy, safetensors"
)


def other_python() -> str:
    """A Python of another version that has what `plan` needs; it needs no torch."""
    versions = [f"python3.{minor}" for minor in (11, 12, 13, 14) if minor != sys.version_info.minor]
    for name in filter(None, (os.environ.get(VARIABLE), *map(shutil.which, versions))):
        tried = subprocess.run([name, "-c", NEEDED], capture_output=True, check=False)
        if tried.returncode == 0:
            return name
    pytest.skip(f"no other Python has pydantic and typer; name one that does in {VARIABLE}")


def test_a_copy_is_fresh_under_another_python(project: Project, tmp_path: Path) -> None:
    other = other_python()
    assert project("build").returncode == 0
    copy = tmp_path / "copied"
    shutil.copytree(project.root / "experiments", copy / "experiments")
    shutil.copytree(project.root / ".fwd-report", copy / ".fwd-report")
    shutil.copytree(project.root / "model", copy / "model")
    shutil.rmtree(copy / ".fwd-report" / "memory")
    answer = subprocess.run(
        [other, "-m", "fwd_report", "plan", "--why"],
        cwd=copy,
        env={**project.environment(), "PYTHONPATH": str(Path(fwd_report.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert "7 runs, all fresh: nothing to run" in answer.stdout, answer.stdout

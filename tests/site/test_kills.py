"""Rendering and publishing killed at random moments: what comes after is as if nothing happened."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.helpers import served_build
from tests.helpers.forked import fork, said
from tests.helpers.owned_files import everything
from tests.helpers.publishing import git, inside, on_branch, write_branch
from tests.helpers.writeup import kill_at
from tests.site.publishing.conftest import portfolio, remote

__all__ = ("portfolio", "remote")
ROOT = Path(__file__).parents[2]
PUBLISH = (
    "import sys; from pathlib import Path; from tests.helpers.publishing import made, PROJ5\n"
    "from fwd_report.site.publish import publish\n"
    "root = Path(sys.argv[1]); print('begun', flush=True)\n"
    "print(publish(made(root), root, PROJ5))\n"
)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT / 'generator'}{os.pathsep}{ROOT}"}


def seconds(command: list[str]) -> float:
    began = time.monotonic()
    subprocess.run(command, env=environment(), capture_output=True, check=True)
    return time.monotonic() - began


def killed(command: list[str], after: float) -> None:
    process = subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    time.sleep(after)
    process.kill()
    process.communicate()


def rendered(root: Path) -> float:
    """The seconds that a process takes to write the pages."""
    began = time.monotonic()
    process = fork(root, served_build.build, root, imported=())
    process.join()
    assert process.exitcode == 0, said(root, process)
    return time.monotonic() - began


def pages(project: Path) -> dict[str, bytes]:
    found = everything(project / "docs" / "report")
    return {name: data for name, data in found.items() if name != "_stamp.json"}


@pytest.mark.parametrize("kills", [2, pytest.param(12, marks=pytest.mark.slow)])
def test_renders_killed_at_random_moments(project: Path, kills: int) -> None:
    (project / "experiments").mkdir()
    caption = project / "experiments" / "caption.txt"
    caption.write_text("Last.")
    rendered(project)
    wanted = pages(project)
    caption.write_text("Timed.")
    whole = rendered(project)
    moments = random.Random(1)
    hits = 0
    for number in range(kills):
        caption.write_text("?" * number + "Another.")
        process = fork(project, served_build.build, project, imported=())
        hits += kill_at(process, moments.uniform(0.1, 0.9) * whole)
    assert hits, "every render was over before it was killed"
    caption.write_text("Last.")
    rendered(project)
    assert pages(project) == wanted
    assert [path.name for path in (project / ".fwd-report" / "rendering").iterdir()] == []


@pytest.mark.slow
def test_publishes_killed_at_random_moments(
    project: Path, portfolio: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    command = [sys.executable, "-c", PUBLISH, str(project)]
    before = on_branch(portfolio)
    whole = seconds(command)
    wanted = inside(on_branch(portfolio), "proj5/")
    moments = random.Random(2)
    for number in range(8):
        tmp = tmp_path_factory.mktemp("writer")
        write_branch(portfolio, tmp, {"proj5/index.html": f"{number}", "proj9.txt": f"{number}"})
        write_branch(portfolio, tmp, {"proj5/index.html": wanted["index.html"]})
        shutil.rmtree(tmp)
        killed(command, moments.uniform(0.3, 1.0) * whole)
    subprocess.run(command, env=environment(), capture_output=True, check=True)
    after = on_branch(portfolio)
    assert inside(after, "proj5/") == wanted
    assert before.items() <= after.items()
    assert after["proj9.txt"] == "7"
    assert not list((project / ".fwd-report").glob("publish/*"))
    assert git(project, "branch", "--list") == ""

"""What `init` leaves beside the experiments works where it lies: the workflow's steps run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from tests.helpers.command import command
from tests.helpers.crawl import addresses, dead_links
from tests.helpers.shim import programs

from fwd_report import starter_files
from fwd_report.starter import copy_starter

INSTALL = "pip install "
"""The one step that is not run here: the present environment stands in for what it installs."""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    copy_starter(tmp_path / "mine", ["forward"])
    return tmp_path / "mine"


def steps(mine: Path) -> list[dict]:
    workflow = yaml.safe_load((mine / ".github/workflows/pages.yml").read_text("utf-8"))
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_every_action_is_pinned_by_its_hash(mine: Path) -> None:
    used = [step["uses"] for step in steps(mine) if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[\w/-]+@[0-9a-f]{40}", action) for action in used)


def test_requirements_are_exact(mine: Path) -> None:
    lines = (mine / "requirements.txt").read_text().splitlines()
    assert "-c constraints.txt" in lines
    own = Requirement(lines[-1])
    assert own.name == "fwd-report"
    assert own.url or str(own.specifier).startswith("==")
    pins = [
        Requirement(line)
        for line in (mine / "constraints.txt").read_text().splitlines()
        if not line.startswith("#")
    ]
    assert {"torch", "diffusers", "mkdocs"} <= {pin.name for pin in pins}
    assert all(re.fullmatch(r"==[\w.]+", str(pin.specifier)) for pin in pins)


def test_the_workflow_is_what_the_package_has(mine: Path) -> None:
    """Nothing in it is replaced: neither an expression, nor a variable's name, nor a command."""
    text = (mine / ".github/workflows/pages.yml").read_text("utf-8")
    expressions = re.findall(r"\$\{\{(.*?)\}\}", text)
    assert expressions
    wrong = [each for each in expressions if not re.fullmatch(r" \w+(\.[\w-]+)+ ", each)]
    assert wrong == []
    environment = {
        name: value for step in steps(mine) for name, value in step.get("env", {}).items()
    }
    assert environment["FWD_REPORT_STORE"] == "${{ vars.FWD_REPORT_STORE }}"
    assert [name for name in environment if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name)] == []
    (install,) = [step["run"] for step in steps(mine) if step.get("run", "").startswith(INSTALL)]
    assert install.split()[:4] == ["pip", "install", "-r", "requirements.txt"]
    written = [path for path in mine.rglob("*") if path.is_file() and path.suffix != ".png"]
    assert [
        path for path in written if starter_files.REQUIREMENT.encode() in path.read_bytes()
    ] == []


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            '{"url": "https://example.org/f.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}}',
            "fwd-report @ git+https://example.org/f.git@abc",
        ),
        ('{"url": "file:///nowhere/at/all", "dir_info": {}}', "fwd-report=="),
        (None, "fwd-report=="),
        ("[]", "fwd-report=="),
    ],
)
def test_where_the_program_itself_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, line: str
) -> None:
    class Installed:
        def read_text(self, _: str) -> str | None:
            return said

    monkeypatch.setattr(starter_files, "distribution", lambda _: Installed())
    assert starter_files.own_requirement().startswith(line)
    warned = "pip finds no such release" in command("init", "mine", "--bare", cwd=tmp_path).stderr
    assert warned == (said is not None and "git+" not in line)


@pytest.mark.parametrize("forks", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_the_workflow_runs_as_it_stands(
    mine: Path, tmp_path: Path, one_thread: None, forks: bool
) -> None:
    """Its `run:` steps as shell, as the runner has them: a clone of a repository on GitHub.

    By default their programs are forks of this process, which has imported torch and MkDocs.
    """
    git = ["git", "-C", str(mine), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "A new report"], check=True)
    subprocess.run([*git, "remote", "add", "origin", "https://github.com/ada/report"], check=True)
    environment = {
        **os.environ,
        "CI": "true",
        "NO_MKDOCS_2_WARNING": "1",
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}"
        f"{os.environ['PATH']}",
    }
    ran = [step for step in steps(mine) if "run" in step]
    assert sum(step["run"].startswith(INSTALL) for step in ran) == 1
    with programs(tmp_path / "bin") if forks else nullcontext():
        for step in ran:
            if step["run"].startswith(INSTALL):
                continue
            answer = subprocess.run(
                ["bash", "-eo", "pipefail", "-c", step["run"]],
                cwd=mine, env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            may_fail = step.get("continue-on-error", False)
            assert answer.returncode == 0 or may_fail, answer.stdout + answer.stderr
    (uploaded,) = [step["with"]["path"] for step in steps(mine) if "upload" in step.get("uses", "")]
    assert dead_links(mine / uploaded, "/report/") == []
    found = set(addresses((mine / uploaded / "sitemap.xml").read_text()))
    assert "https://ada.github.io/report/report/forward/" in found
    status = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True)
    assert status.stdout == "?? docs/\n", "only the root page that a build makes is new"

"""The package's code is edited while it runs: what is stored is of the code its key names."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.helpers.project import Project

import fwd_report.diffusion.ddpm
from fwd_report import sources
from fwd_report.build import Options, build
from fwd_report.errors import CodeChangedError

DDPM = "diffusion/ddpm.py"


@dataclass(frozen=True)
class Copy:
    """A project, and a copy of the package to edit."""

    project: Project
    package: Path

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "fwd_report", *arguments],
            cwd=self.project.root,
            env={**self.project.environment(), "PYTHONPATH": str(self.package.parent)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=240)
        return process.returncode, out, err

    def edit(self, old: str, new: str) -> None:
        path = self.package / DDPM
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def pictures(self) -> dict[str, bytes]:
        """The pictures of the runs that are fresh now, by name."""
        code, out, err = self.run("plan", "--json")
        assert code == 0, err
        return {
            f"{run['experiment']}[{run['index']}]": (Path(run["path"]) / "image.png").read_bytes()
            for run in json.loads(out)
            if run["status"] == "fresh"
        }

    def made_anew(self) -> dict[str, bytes]:
        """The pictures of a build of nothing, by the code as it is now."""
        shutil.rmtree(self.project.root / ".fwd-report")
        assert self.run("build")[0] == 0
        return self.pictures()


@pytest.fixture
def copy(project: Project, tmp_path: Path) -> Copy:
    source = Path(fwd_report.__file__).parent
    package = tmp_path / "elsewhere" / "generator" / "fwd_report"
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__", "emoji-if"))
    (package / "models" / "emoji-if").symlink_to(source / "models" / "emoji-if")
    for name in ("site_templates", "mkdocs.yml", "experiments"):
        (tmp_path / "elsewhere" / name).symlink_to(source.parents[1] / name)
    (project.root / "experiments" / "hybrids.yaml").unlink()
    return Copy(project, package)


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not path.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)


EDIT = ("return math.sqrt(a) * x0", "return 0.5 * math.sqrt(a) * x0")


@pytest.mark.slow
def test_an_edit_right_after_the_plan_is_planned_again(copy: Copy) -> None:
    process = copy.start("build")
    wait_for(copy.project.root / ".fwd-report" / "memory" / "files.json", process)
    copy.edit(*EDIT)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert "planned again" in err
    assert "ran 6 of 6 runs" in out
    stored = copy.pictures()
    assert len(stored) == 6
    assert stored == copy.made_anew()


@pytest.mark.slow
def test_an_edit_while_runs_run_leaves_their_results_right(copy: Copy) -> None:
    assert copy.run("build")[0] == 0
    old = copy.pictures()
    shutil.rmtree(copy.project.root / ".fwd-report" / "store")
    process = copy.start("build")
    store = copy.project.root / ".fwd-report" / "store"
    wait_for(store, process)
    copy.edit(*EDIT)
    _, err = process.communicate(timeout=240)
    assert process.returncode == 0, err

    why = copy.run("plan", "--why")[1]
    assert f"code {DDPM}: DDPM.forward changed" in why
    assert copy.run("build")[0] == 0
    new = copy.pictures()
    copy.edit(*reversed(EDIT))
    assert copy.pictures() == old, "and back"
    copy.edit(*EDIT)
    assert new == copy.made_anew() != old


def test_a_build_whose_code_was_edited_stores_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fwd_report.diffusion.ddpm.__file__
    stamp = sources.AT_START[path]
    with monkeypatch.context() as edited:
        edited.setitem(sources.AT_START, path, f"1{stamp}")
        with pytest.raises(CodeChangedError, match="ddpm"):
            build(project.root, Options(only=["noise"]))
    assert project.stored() == set()
    assert build(project.root, Options(only=["noise"])).ran == 6

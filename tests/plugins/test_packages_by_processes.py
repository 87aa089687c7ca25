"""A package's plug-in, used by a process that has imported nothing of the package."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.helpers.forked import fork, said
from tests.plugins.conftest import Site
from tests.plugins.test_broken import project_of
from tests.plugins.test_packages import FILES

from fwd_report.__main__ import main


def begun_anew() -> None:
    sys.argv = ["fwd-report", "build"]
    main()


def build_in_a_fork(root: Path, site: Site) -> tuple[int | None, str]:
    process = fork(root, begun_anew)
    process.join(240)
    return process.exitcode, said(root, process)


def build_in_a_process(root: Path, site: Site) -> tuple[int | None, str]:
    path = os.pathsep.join([str(site.folder), *sys.path])
    built = subprocess.run(
        [sys.executable, "-m", "fwd_report", "build"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return built.returncode, built.stdout + built.stderr


@pytest.mark.parametrize(
    "build", [build_in_a_fork, pytest.param(build_in_a_process, marks=pytest.mark.slow)]
)
def test_a_sampler_of_a_package_is_built_by_a_new_process(
    site: Site,
    tmp_path: Path,
    tiny_if: Path,
    one_thread: None,
    build: Callable[[Path, Site], tuple[int | None, str]],
) -> None:
    """By default by a fork of this one, which has imported nothing of the package."""
    root = project_of(tmp_path / "p", {})
    section = root / "experiments" / "a.yaml"
    named = "technique: sample, sampler: same, prompt: a, steps: 2"
    section.write_text(section.read_text().replace("technique: own", named))
    (root / "model").symlink_to(tiny_if)
    (root / "experiments" / "report.yaml").write_text("title: T\nmodel: model/stage_1\n")
    sampler = {"cool/samplers.py": "def same(process):\n    return process\n"}
    site.install(
        "cool", "1.2", FILES | sampler, "[fwd_report.samplers]\nsame = cool.samplers:same\n"
    )
    code, printed = build(root, site)
    assert code == 0, printed
    assert "ran 1 of 1 run" in printed

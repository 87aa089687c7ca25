"""The guide on other machines: its job script as it stands, and results that come home."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from tests.helpers.guide import blocks_of
from tests.helpers.hub_server import Hub
from tests.helpers.project import Project, write_small_project
from tests.helpers.shim import programs

(JOB,) = (block.text for block in blocks_of("slurm.md", "bash"))
PLAIN = """\
title: A report
model: some/model
"""
SLOW = """\
title: Slow
intro: Slow.
experiments:
  - {id: dogs, technique: sample, prompt: a dog, steps: 60, samples: 60, caption: Dogs.}
"""
pytestmark = pytest.mark.skipif(os.name != "posix", reason="runs shell scripts")


@pytest.fixture(params=["fork", pytest.param("process", marks=pytest.mark.slow)])
def job(
    request: pytest.FixtureRequest, tmp_path: Path, tiny_if: Path, one_thread: None
) -> Iterator[Project]:
    """A writeup with the page's script in it, and no Slurm around.

    By default the script's command is a fork of this process, which has imported torch.
    """
    project = write_small_project(tmp_path / "my-report", tiny_if)
    (project.root / "job.sh").write_text(JOB)
    with programs(tmp_path / "bin") if request.param == "fork" else nullcontext():
        yield project


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    """What a job sees: this environment's commands, and what Slurm says of it."""
    commands = [str(tmp_path / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SLURM_")}
    return {**kept, "PATH": os.pathsep.join(commands), "PROFILE": "embedded", **more}


def test_the_job_is_a_script() -> None:
    done = subprocess.run(["bash", "-n"], input=JOB, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = JOB.splitlines()
    assert lines[0] == "#!/bin/bash"
    last = max(number for number, line in enumerate(lines) if line.startswith("#SBATCH"))
    assert all(line.startswith("#") for line in lines[: last + 1]), "Slurm reads no further"


def test_the_job_builds(job: Project, tmp_path: Path) -> None:
    command = ["bash", "job.sh", "--only", "noise.dot"]
    answer = subprocess.run(
        command,
        cwd=job.root,
        env=environment(tmp_path),
        text=True,
        capture_output=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert len(job.stored()) == 3
    assert (job.root / "docs" / "report" / "noise.md").is_file()
    wrong = [*command[:2], "--only", "niose"]
    answer = subprocess.run(
        wrong, cwd=job.root, env=environment(tmp_path), text=True, capture_output=True, check=False
    )
    assert answer.returncode == 2
    assert "did you mean" in answer.stderr


def test_a_job_whose_time_is_over_goes_on_in_the_next(job: Project, tmp_path: Path) -> None:
    """Slurm's signal goes to the script alone; the job queues itself again, once."""
    job.write("slow", SLOW)
    job.write("report", "title: R\nmodel: model/stage_1\nbatch: 1\n")
    asked = tmp_path / "asked"
    (tmp_path / "bin").mkdir(exist_ok=True)
    (tmp_path / "bin" / "scontrol").write_text(f'#!/bin/sh\necho "$@" >> {asked}\n')
    (tmp_path / "bin" / "scontrol").chmod(0o755)
    running = subprocess.Popen(
        ["bash", "job.sh", "--only", "slow"],
        cwd=job.root,
        env=environment(tmp_path, SLURM_JOB_ID="17", SLURM_SUBMIT_DIR=str(job.root)),
        stderr=subprocess.PIPE,
        text=True,
    )
    began = time.monotonic()
    while not job.stored():
        assert running.poll() is None, running.stderr and running.stderr.read()
        assert time.monotonic() - began < 240
        time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 143, said
    assert asked.read_text() == "requeue 17\n"
    stored = job.stored()
    assert 0 < len(stored) < 60, "it was stopped in time"
    job.write("slow", SLOW.replace("samples: 60", f"samples: {len(stored) + 1}"))
    assert job("build", "--only", "slow").returncode == 0
    assert len(job.stored()) <= len(stored) + 1, "only what was not done ran"


def test_results_come_home_and_need_no_model_here(
    model_hub: Hub, tiny_if: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the page's own lines where rsync is installed, else by copies of the same folders."""
    model_hub.add("some/model", tiny_if / "stage_1")
    there, here = (write_small_project(tmp_path / name / "my-report", tiny_if) for name in "ab")
    for project in (there, here):
        project.write("report", PLAIN)
        (project.root / ".fwd-report").mkdir()
    assert there("build").returncode == 0
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "no-weights"))
    (block,) = (
        each.text for each in blocks_of("remote-machine.md", "sh") if "models.json" in each.text
    )
    lines = [line for line in block.splitlines() if line.startswith("rsync")]
    for line in lines:
        source, target = line.replace("gpu:", f"{tmp_path}/a/").split()[-2:]
        copy(source, str(tmp_path / "b" / target))
    done = here("build", "--cached-only")
    assert done.returncode == 0, done.stderr
    assert "nothing to run" in done.stdout
    assert (here.root / "docs" / "report" / "hybrids.md").is_file()


def copy(source: str, target: str) -> None:
    """As `rsync -a SOURCE TARGET`."""
    if shutil.which("rsync"):
        subprocess.run(["rsync", "-a", source, target], check=True)
    elif source.endswith("/"):
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copy2(source, target)

"""Trainings from the outside: killed and resumed, and as good as the starter says."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from tests.helpers.forked import said
from tests.helpers.project import Project

from fwd_report.starter import copy_starter
from fwd_report.training import loop
from fwd_report.training.state import save_weights

TRAINING = """\
title: Training
experiments:
  - id: net
    technique: train
    objective: ddpm
    hidden: 2
    batch: 16
    epochs: 5
    examples: 160
    precision: fp32
    show: false
"""


@pytest.fixture
def training(tmp_path: Path) -> Project:
    (tmp_path / "experiments").mkdir(parents=True)
    project = Project(tmp_path)
    project.write("report", "title: A report\nseed: 7\n")
    project.write("training", TRAINING)
    return project


def weights_of(project: Project) -> dict[str, bytes]:
    (entry,) = (project.root / ".fwd-report/store").glob("??/[!.]*")
    return {path.name: path.read_bytes() for path in entry.glob("epoch-*.safetensors")}


def test_a_killed_build_resumes_its_training_and_ends_the_same(
    training: Project, one_thread: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is killed in its third epoch: it stands there, however late the kill comes."""

    def saving(path: Path, network: torch.nn.Module) -> str:
        if path.name == "epoch-003.safetensors":
            time.sleep(60)
        return save_weights(path, network)

    with monkeypatch.context() as forked:
        forked.setattr(loop, "save_weights", saving)
        build = training.fork("build")
    working = training.root / ".fwd-report" / "training"
    deadline = time.monotonic() + 120
    while not list(working.glob("*/epoch-002.safetensors")) and time.monotonic() < deadline:
        assert build.is_alive(), said(training.root, build)
        time.sleep(0.01)
    assert build.pid is not None
    os.kill(build.pid, signal.SIGKILL)
    build.join()
    assert list(working.glob("*/epoch-002.safetensors"))
    assert not list(working.glob("*/epoch-003.safetensors")), "killed too late to mean anything"

    assert training("build").returncode == 0
    resumed = weights_of(training)
    assert not list(working.iterdir())
    shutil.rmtree(training.root / ".fwd-report")
    assert training("build").returncode == 0
    assert resumed == weights_of(training)
    assert len(resumed) == 5


def test_a_model_is_shown_what_it_was_trained_on(training: Project) -> None:
    training.write(
        "training",
        "title: Clothes\nexperiments:\n"
        "  - {id: net, technique: train, objective: denoiser, dataset: fashion-mnist,"
        " show: false}\n"
        "  - {id: own, technique: denoise, model: net, show: false}\n"
        "  - {id: other, technique: denoise, model: net, dataset: mnist, show: false}\n"
        "  - {id: noise, technique: noising, show: false}\n",
    )
    answer = training("plan", "--json")
    assert answer.returncode == 0, answer.stderr
    plan = json.loads(answer.stdout)
    runs = plan["runs"] if isinstance(plan, dict) else plan
    datasets = {run["experiment"]: run["params"]["dataset"] for run in runs}
    assert datasets == {
        "net": "fashion-mnist", "own": "fashion-mnist", "other": "mnist", "noise": "digits",
    }  # fmt: skip


@pytest.mark.slow
def test_the_starters_samples_show_the_digit_that_was_asked_for(tmp_path: Path) -> None:
    """Section "Asking for a digit", under the embedded profile: several minutes on two cores."""
    folder = tmp_path / "mine"
    copy_starter(folder, ["class-conditional"])
    command = [sys.executable, "-m", "fwd_report"]
    subprocess.run([*command, "build", "--only", "class-conditional"], cwd=folder, check=True)
    place = subprocess.run(
        [*command, "store", "path", "class-conditional.quality[0]"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    manifest = json.loads((Path(place.stdout.strip()) / "manifest.json").read_text("utf-8"))
    print(manifest["series"])
    assert manifest["metrics"]["samples"] == 40
    assert manifest["metrics"]["accuracy"] >= 0.9

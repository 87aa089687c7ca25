"""A small writeup with a random model, used from Python."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

import fwd_report
from fwd_report import Report

REPORT = """\
title: A small report
seed: 7
model: model/stage_1
"""
NOISE = """\
title: Noise at $t$ & <later>
order: 10
intro: At $t$, noise.
experiments:
  - id: dot
    technique: forward
    image: experiments/images/dot.png
    sweep: {t: [250, 500, 750]}
    caption: "Noise at {{ experiment | length }} levels & <more> of $\\\\epsilon$."
  - id: photos
    technique: sample
    prompt: a photo of a dog
    steps: 4
    samples: 2
    trajectory: true
    caption: "{{ report.hybrids.skull.params.sigma }}"
"""
HYBRIDS = """\
title: Hybrids
order: 20
experiments:
  - id: skull
    technique: hybrid
    low: a skull
    high: waterfalls
    kernel_size: 5
    steps: 4
    caption: Near and far.
  - id: flipped
    technique: anagram
    prompt: a skull
    flipped: waterfalls
    steps: 4
    show: false
    caption: As it is and upside down.
"""


def write(root: Path, section: str, text: str) -> None:
    (root / "experiments" / f"{section}.yaml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory, tiny_if: Path) -> Path:
    """A project of which all has run; tests only read it."""
    root = tmp_path_factory.mktemp("api") / "report"
    lay_out(root, tiny_if)
    fwd_report.open_report(root).run()
    return root


@pytest.fixture
def project(tmp_path: Path, tiny_if: Path) -> Path:
    """A project of which nothing has run."""
    return lay_out(tmp_path / "report", tiny_if)


@pytest.fixture
def report(project: Path) -> Report:
    return fwd_report.open_report(project)


def lay_out(root: Path, model: Path) -> Path:
    (root / "experiments" / "images").mkdir(parents=True)
    write(root, "report", REPORT)
    write(root, "noise", NOISE)
    write(root, "hybrids", HYBRIDS)
    picture = Image.linear_gradient("L").convert("RGB").resize((64, 64))
    picture.save(root / "experiments" / "images" / "dot.png")
    shutil.copytree(model, root / "model")
    return root

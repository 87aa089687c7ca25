"""`deterministic: true`: equal bytes, whatever else is in the plan and whatever batch is set."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from tests.helpers.project import REPORT, Project

from fwd_report.build import Options, build, load_plan

TRAINING = """\
title: Trained
order: 30
intro: Trained.
experiments:
  - id: unet
    technique: train
    objective: flow
    hidden: 8
    batch: 64
    epochs: 1
    examples: 128
    caption: A training.
  - {id: samples, technique: sample, model: unet, steps: 5, samples: 3, caption: Samples.}
"""


def built(project: Project, only: tuple[str, ...], *overrides: str) -> dict[str, dict[str, bytes]]:
    """The files of every run that a build from nothing makes, by run."""
    shutil.rmtree(project.root / ".fwd-report", ignore_errors=True)
    options = Options(only=only, overrides=overrides)
    assert not build(project.root, options).failures
    plan, store = load_plan(project.root, options)
    return {
        run.name: {
            path.name: path.read_bytes()
            for path in store.folder(run.key).iterdir()
            if path.suffix in (".safetensors", ".png", ".npy")
        }
        for run in plan.runs
        if store.has(run.key)
    }


@pytest.fixture
def writeup(project: Project) -> Project:
    project.write("report", REPORT + "deterministic: true\n")
    project.write("trained", TRAINING)
    return project


def test_equal_bytes_alone_and_among_others_in_any_batch(writeup: Project) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        among = built(writeup, (), "batch=16")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert not torch.are_deterministic_algorithms_enabled()
    alone = {**built(writeup, ("trained",), "batch=1"), **built(writeup, ("hybrids",), "batch=1")}
    assert alone.keys() == {name for name in among if not name.startswith("noise.")}
    for name, files in alone.items():
        assert files == among[name], name


def test_it_is_no_part_of_the_key_and_stands_on_the_page(writeup: Project) -> None:
    built(writeup, ("hybrids",))
    page = writeup.root / "docs" / "report" / "hybrids.md"
    assert "Deterministic" in page.read_text()
    plan, _ = load_plan(writeup.root, Options(overrides=("deterministic=false",)))
    assert [run.status for run in plan.runs if run.section == "hybrids"] == ["fresh"]
    manifest = next(Path(writeup.root / ".fwd-report" / "store").glob("*/*/manifest.json"))
    assert '"deterministic": true' in manifest.read_text()

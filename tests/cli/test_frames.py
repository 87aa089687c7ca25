"""Which square of a picture is taken: in keys and results, and warned of before anything runs."""

from __future__ import annotations

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from tests.helpers.project import Project

from fwd_report.build import Options, build, load_plan
from fwd_report.plan.run import Run

SECTION = """\
title: Pictures
order: 10
intro: Pictures.
experiments:
  - id: dot
    technique: forward
    image: experiments/images/dot.png
    t: 250
    FIELDS
    caption: A dot.
"""
PLAIN = ""


def planned(project: Project, fields: str) -> Run:
    project.write("noise", SECTION.replace("FIELDS", fields))
    plan, _ = load_plan(project.root, Options())
    return next(run for run in plan.runs if run.experiment == "dot")


@pytest.fixture
def square(project: Project) -> Project:
    """The dot as a square picture, `square.png`."""
    images = project.root / "experiments" / "images"
    with Image.open(images / "dot.png") as picture:
        picture.crop((0, 0, 80, 80)).save(images / "square.png")
    return project


def test_what_takes_the_same_pixels_has_the_same_key(square: Project) -> None:
    """`dot.png` has 96×80 pixels: its centre square begins at 8."""
    key = planned(square, PLAIN).key
    for same in ("crop: center", "crop: [8, 0, 88, 80]", "crop: top", "fit: crop"):
        assert planned(square, same).key == key, same
    others = ["crop: [7, 0, 87, 80]", "fit: pad", "fit: stretch"]
    assert len({key, *(planned(square, other).key for other in others)}) == 4


def test_of_a_square_picture_nothing_changes_the_key(square: Project) -> None:
    image = "image: experiments/images/square.png"
    planned(square, PLAIN)
    text = SECTION.replace("image: experiments/images/dot.png", image)
    keys = set()
    for fields in ("", "crop: top", "crop: entropy", "fit: pad", "fit: stretch"):
        square.write("noise", text.replace("FIELDS", fields))
        plan, _ = load_plan(square.root, Options())
        keys |= {run.key for run in plan.runs if run.experiment == "dot"}
        assert not plan.project.warnings
    assert len(keys) == 1


def test_the_square_that_is_named_is_the_one_that_is_seen(square: Project) -> None:
    """As a file that was cut by hand, but for its border, which resizing takes from beyond it.

    `--why` names what changed.
    """
    images = square.root / "experiments" / "images"
    with Image.open(images / "dot.png") as picture:
        picture.crop((16, 10, 86, 80)).save(images / "cut.png")
    by_box = planned(square, "crop: [16, 10, 86, 80]")
    assert not build(square.root, Options(only=("noise",))).failures
    _, store = load_plan(square.root, Options())
    taken = load_file(store.folder(by_box.key) / "tensors.safetensors")["original"]
    square.write("noise", SECTION.replace("dot.png", "cut.png").replace("FIELDS", ""))
    build(square.root, Options(only=("noise",)))
    plan, store = load_plan(square.root, Options())
    run = next(run for run in plan.runs if run.experiment == "dot")
    by_hand = load_file(store.folder(run.key) / "tensors.safetensors")["original"]
    assert torch.equal(taken[:, 3:-3, 3:-3], by_hand[:, 3:-3, 3:-3])
    changed = planned(square, "fit: pad")
    assert any(line.startswith("frames") for line in changed.why), changed.why


def test_what_is_left_out_is_said_by_plan_and_build(square: Project) -> None:
    square.write("noise", SECTION.replace("FIELDS", PLAIN))
    for command in (("plan",), ("build", "--only", "noise")):
        said = square(*command)
        assert said.returncode == 0, said.stderr
        assert (
            "warning: experiments/noise.yaml:7:12: 'experiments/images/dot.png' is 96×80 pixels, "
            "and 17% of it lies outside of its centre square" in said.stderr
        )
    square.write("noise", SECTION.replace("FIELDS", "crop: center"))
    assert "warning" not in square("plan").stderr

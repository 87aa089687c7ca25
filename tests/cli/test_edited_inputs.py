"""An input edited between plan and run: a key names what its result was made of."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from tests.helpers.project import REPORT, Project

from fwd_report import running
from fwd_report.build import Options, build, load_plan
from fwd_report.errors import RunError
from fwd_report.plan.run import Run

Edit = Callable[[], None]


@pytest.fixture
def writeup(project: Project, tiny_if: Path) -> Project:
    """One experiment of each kind of input, and a model of its own to edit."""
    (project.root / "model").unlink()
    shutil.copytree(tiny_if, project.root / "model")
    (project.root / "experiments" / "hybrids.yaml").unlink()
    mask = Image.new("L", (96, 80), 0)
    mask.paste(255, (0, 0, 48, 80))
    mask.save(project.root / "experiments" / "images" / "mask.png")
    project.write(
        "noise",
        """\
title: Noise
order: 10
intro: Noise.
experiments:
  - {id: dot, technique: forward, image: experiments/images/dot.png, t: 250, caption: Noise.}
  - id: filled
    technique: inpaint
    image: experiments/images/dot.png
    mask: experiments/images/mask.png
    prompt: a dog
    steps: 3
    caption: Filled.
""",
    )
    return project


def run_named(root: Path, name: str) -> Run:
    plan, _ = load_plan(root, Options())
    return next(run for run in plan.runs if run.name == name)


def edited_between(monkeypatch: pytest.MonkeyPatch, before: Edit, after: Edit) -> None:
    """Have the first run of the engine meet `before`; undo it before the next plan is made."""
    run, times = running._run, []

    def edited(*given: object) -> object:
        if times:
            return run(*given)
        times.append(1)
        before()
        try:
            return run(*given)
        finally:
            after()

    monkeypatch.setattr(running, "_run", edited)


def files_of(run: Run, root: Path) -> dict[str, bytes]:
    _, store = load_plan(root, Options())
    return {path.name: path.read_bytes() for path in store.folder(run.key).glob("*.*")}


@pytest.mark.parametrize("name", ["dot", pytest.param("mask", marks=pytest.mark.slow)])
def test_white_black_white(
    writeup: Project, monkeypatch: pytest.MonkeyPatch, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A picture that is black only while the runs are made leaves no black result behind."""
    path = writeup.root / "experiments" / "images" / f"{name}.png"
    white = path.read_bytes()
    build(writeup.root, Options())
    named = f"noise.{'dot' if name == 'dot' else 'filled'}[0]"
    expected = files_of(run_named(writeup.root, named), writeup.root)
    shutil.rmtree(writeup.root / ".fwd-report" / "store")

    def blacken() -> None:
        with Image.open(path) as picture:
            black = Image.eval(picture, lambda value: 255 - value)
        black.save(path)

    edited_between(monkeypatch, blacken, lambda: path.write_bytes(white) and None)
    outcome = build(writeup.root, Options())
    assert not outcome.failures
    found = files_of(run_named(writeup.root, named), writeup.root)
    assert found["tensors.safetensors"] == expected["tensors.safetensors"]
    said = capsys.readouterr()
    assert f"{name}.png was edited after the plan was made" in said.out + said.err


def test_an_edit_that_stays_is_planned_again_under_its_own_key(
    writeup: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = writeup.root / "experiments" / "images" / "dot.png"
    old = run_named(writeup.root, "noise.dot[0]")

    def blacken() -> None:
        Image.new("RGB", (96, 80), "black").save(path)

    edited_between(monkeypatch, blacken, lambda: None)
    assert not build(writeup.root, Options()).failures
    new = run_named(writeup.root, "noise.dot[0]")
    assert new.status == "fresh"
    assert new.key != old.key
    assert new.parts["inputs"]["image"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert old.key not in writeup.stored()
    with Image.open(files_path(writeup, new) / "original.png") as shown:
        assert shown.convert("L").getextrema() == (0, 0)


def files_path(writeup: Project, run: Run) -> Path:
    return writeup.root / ".fwd-report" / "store" / run.key[:2] / run.key


@pytest.mark.parametrize(
    "part",
    [
        "unet/diffusion_pytorch_model.safetensors",
        pytest.param("text_encoder/model.safetensors", marks=pytest.mark.slow),
    ],
)
def test_weights_changed_for_a_while(
    writeup: Project, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    path = writeup.root / "model" / "stage_1" / part
    whole = path.read_bytes()

    def disturb() -> None:
        save_file({name: value + 0.5 for name, value in load_file(path).items()}, path)

    edited_between(monkeypatch, disturb, lambda: path.write_bytes(whole) and None)
    assert not build(writeup.root, Options()).failures
    found = files_of(run_named(writeup.root, "noise.filled[0]"), writeup.root)
    shutil.rmtree(writeup.root / ".fwd-report")
    build(writeup.root, Options())
    again = files_of(run_named(writeup.root, "noise.filled[0]"), writeup.root)
    assert found["tensors.safetensors"] == again["tensors.safetensors"]


@pytest.mark.parametrize(
    "part",
    [
        "tokenizer/tokenizer.json",
        pytest.param("scheduler/scheduler_config.json", marks=pytest.mark.slow),
        pytest.param("unet/config.json", marks=pytest.mark.slow),
    ],
)
def test_configurations_changed_for_good(
    writeup: Project, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    path = writeup.root / "model" / "stage_1" / part
    old = run_named(writeup.root, "noise.filled[0]")
    edited_between(
        monkeypatch, lambda: path.write_text(path.read_text() + "\n") and None, lambda: None
    )
    assert not build(writeup.root, Options()).failures
    assert old.key not in writeup.stored()
    assert run_named(writeup.root, "noise.filled[0]").status == "fresh"


def test_a_file_that_changes_all_the_time_ends_the_build(
    writeup: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = writeup.root / "experiments" / "images" / "dot.png"
    run, shades = running._run, iter(range(100))

    def edited(*given: object) -> object:
        Image.new("RGB", (96, 80), (next(shades), 0, 0)).save(path)
        return run(*given)

    monkeypatch.setattr(running, "_run", edited)
    with pytest.raises(RunError, match=r"dot\.png was edited"):
        build(writeup.root, Options())
    assert run_named(writeup.root, "noise.dot[0]").status != "fresh"


def test_a_needed_result_edited_after_it_was_verified(
    writeup: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights a training left, replaced while the runs that ask them are made."""
    writeup.write("report", REPORT + "dataset: digits\n")
    training = """\
title: Trained
order: 20
intro: Trained.
experiments:
  - id: unet
    technique: train
    objective: ddpm
    timesteps: 20
    hidden: 8
    batch: 64
    epochs: 1
    examples: 64
    caption: A training.
"""
    writeup.write("trained", training)
    build(writeup.root, Options(only=("trained",)))
    trained = run_named(writeup.root, "trained.unet[0]")
    sampled = training + "  - {id: samples, technique: sample, model: unet, caption: Samples.}\n"
    writeup.write("trained", sampled)
    path = files_path(writeup, trained) / "epoch-001.safetensors"
    from fwd_report.plan.entries import Entries

    read = Entries.read

    def read_then_edited(self: Entries, run: Run) -> object:
        entry = read(self, run)
        if run.key == trained.key and path.exists() and not done:
            done.append(1)
            tensors = load_file(path)
            save_file({name: torch.zeros_like(value) for name, value in tensors.items()}, path)
        return entry

    done: list[int] = []
    monkeypatch.setattr(Entries, "read", read_then_edited)
    assert not build(writeup.root, Options(only=("trained",))).failures
    assert done
    found = files_of(run_named(writeup.root, "trained.samples[0]"), writeup.root)
    shutil.rmtree(writeup.root / ".fwd-report")
    build(writeup.root, Options(only=("trained",)))
    again = files_of(run_named(writeup.root, "trained.samples[0]"), writeup.root)
    assert found["tensors.safetensors"] == again["tensors.safetensors"]

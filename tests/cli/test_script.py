"""`script`: what it prints makes the stored picture again, by plain diffusers."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file
from tests.helpers.project import Project
from typer.testing import CliRunner

from fwd_report.build import Options, build, load_plan
from fwd_report.cli import app
from fwd_report.errors import UserError
from fwd_report.scripts.anagram_views import ORDERS, VIEWS

PICTURES = """\
title: Pictures
order: 10
intro: Pictures.
experiments:
  - {id: plain, technique: sample, prompt: a dog, caption: x}
  - {id: guided, technique: sample, prompt: 'a "dog"', guidance: 7, steps: 5, caption: x}
  - id: weak
    technique: sample
    prompt: a dog
    steps: 4
    sweep: {guidance: [0, 1]}
    caption: x
  - id: limited
    technique: sample
    prompt: a dog
    guidance: 3
    steps: 5
    dynamic_thresholding: 0.9
    caption: x
  - {id: sample2, technique: sample, prompt: "", steps: 3, samples: 2, caption: x}
  - id: iterative
    technique: iterative
    image: experiments/images/dot.png
    i_start: 29
    caption: x
  - id: sdedit
    technique: sdedit
    image: experiments/images/deep.png
    i_start: 28
    caption: x
  - id: inpaint
    technique: inpaint
    image: experiments/images/dot.png
    mask: experiments/images/mask.png
    caption: x
  - id: inpaint-steps
    technique: inpaint
    image: experiments/images/dot.png
    mask: experiments/images/mask.png
    steps: 4
    caption: x
  - id: still
    technique: sample
    prompt: a dog
    sampler: ddim
    steps: 5
    spacing: trailing
    dynamic_thresholding: 0.9
    sweep: {eta: [0, 0.6]}
    caption: x
  - id: led
    technique: sample
    prompt: a dog
    negative_prompt: a skull
    timesteps: [910, 700, 400, 100]
    guidance_rescale: 0.6
    sweep: {guidance: [0, 1, 4], guidance_interval: [[0, 1000], [300, 800]]}
    caption: x
  - id: split
    technique: hybrid
    low: a skull
    high: a dog
    kernel_size: 5
    steps: 4
    guidance_rescale: 0.5
    guidance_interval: [300, 800]
    negative_prompt: waterfalls
    sampler: ddim
    caption: x
  - id: later
    technique: sdedit
    image: experiments/images/dot.png
    steps: 8
    spacing: linspace
    sampler: ddim
    i_start: 4
    caption: x
  - id: repainted
    technique: inpaint
    image: experiments/images/dot.png
    mask: experiments/images/mask.png
    steps: 5
    resample: 3
    jump_length: 2
    sweep: {sampler: [ddpm, ddim]}
    caption: x
  - id: boxed
    technique: inpaint
    image: experiments/images/dot.png
    mask: experiments/images/small-mask.png
    crop: [3, 2, 70, 69]
    steps: 3
    caption: x
  - id: padded
    technique: inpaint
    image: experiments/images/dot.png
    mask: experiments/images/soft.png
    inverted: true
    steps: 3
    sweep: {fit: [crop, pad, stretch]}
    caption: x
  - id: numbers
    technique: inpaint
    image: experiments/images/dot.png
    crop: entropy
    steps: 3
    sweep:
      mask: [experiments/images/unit.png, experiments/images/clear.png, experiments/images/long.png]
    caption: x
  - id: anagram
    technique: anagram
    prompt: a dog
    flipped: a skull
    view_seed: 3
    guidance: 2
    steps: 3
    sweep: {view: [VIEWS]}
    caption: x
  - id: hybrid
    technique: hybrid
    low: a skull
    high: waterfalls
    kernel_size: 7
    sigma: 1.5
    steps: 4
    sweep: {guidance: [0, 1, 5]}
    caption: x
  - {id: tint, technique: hybrid, low: a dog, high: a skull, split: colour, steps: 4, caption: x}
""".replace("VIEWS", ", ".join([*VIEWS, *ORDERS]))
TRAINED = """\
title: Trained
order: 30
intro: Trained.
experiments:
  - {id: ddpm, technique: train, objective: ddpm, conditioning: class, TINY}
  - {id: flow, technique: train, objective: flow, conditioning: time, TINY}
  - id: digits
    technique: sample
    model: ddpm@1
    digit: 3
    sweep: {guidance: [0, 1, 3]}
    caption: x
  - {id: few, technique: sample, model: ddpm, steps: 5, caption: x}
  - {id: other, technique: sample, model: ddpm, steps: 5, sampler: ddim, caption: x}
  - {id: flowing, technique: sample, model: flow, caption: x}
""".replace("TINY", "timesteps: 20, hidden: 8, batch: 64, epochs: 2, examples: 64, caption: x")
SOME = ("guided[0]", "sdedit[0]", "inpaint-steps[0]", "anagram[10]", "hybrid[2]")


@pytest.fixture
def pictures(project: Project) -> Project:
    images = project.root / "experiments" / "images"
    Image.fromarray(np.arange(80 * 96, dtype=np.uint16).reshape(80, 96) * 8).save(
        images / "deep.png"
    )
    mask = Image.new("L", (96, 80), 0)
    mask.paste(255, (0, 0, 48, 80))
    mask.save(images / "mask.png")
    Image.fromarray(np.asarray(mask) // 255).save(images / "unit.png")
    Image.fromarray(np.asarray(mask).astype(np.uint16) * 257).save(images / "long.png")
    white = Image.new("L", mask.size, 255)
    Image.merge("LA", [white, mask]).save(images / "clear.png")
    mask.resize((77, 64)).save(images / "small-mask.png")
    Image.linear_gradient("L").resize((96, 80)).save(images / "soft.png")
    for name in ("noise", "hybrids"):
        (project.root / "experiments" / f"{name}.yaml").unlink()
    project.write("pictures", PICTURES)
    project.write("trained", TRAINED)
    assert not build(project.root, Options()).failures
    return project


def printed(project: Project, name: str) -> str:
    answer = CliRunner().invoke(app, ["script", "-C", str(project.root), name])
    assert answer.exit_code == 0, answer.output
    return answer.stdout


@pytest.mark.slow
def test_every_printed_script_makes_the_stored_picture(
    pictures: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all six techniques and of trained networks, every view, guidance of 0 and 1 included."""
    monkeypatch.chdir(pictures.root)
    plan, store = load_plan(pictures.root, Options())
    seen = set()
    for run in plan.runs:
        if run.technique.name == "train" or run.name == "trained.other[0]":
            continue
        seen.add(run.technique.name)
        path = pictures.root / "script.py"
        path.write_text(printed(pictures, run.name), encoding="utf-8")
        made = runpy.run_path(str(path))["x"][0]
        stored = load_file(store.folder(run.key) / "tensors.safetensors")["image"]
        scale = max(1.0, float(stored.abs().max()))
        assert float((made - stored).abs().max()) < 1e-3 * scale, run.name
        file = f"{run.section}.{run.experiment}-{run.index}.png"
        shown = [np.asarray(Image.open(p), dtype=float) for p in
                 (pictures.root / file, store.folder(run.key) / "image.png")]  # fmt: skip
        assert abs(shown[0] - shown[1]).max() <= 1, run.name
    assert seen == {"sample", "iterative", "sdedit", "inpaint", "anagram", "hybrid"}


@pytest.mark.slow
def test_scripts_run_by_themselves(pictures: Project) -> None:
    """In processes that do not know of this project, but for the trained networks' class."""
    plan, store = load_plan(pictures.root, Options())
    chosen = [f"pictures.{name}" for name in SOME]
    chosen += ["pictures.iterative[0]", "trained.digits[2]"]
    runs = {run.name: run for run in plan.runs}
    for run in map(runs.__getitem__, chosen):
        text = printed(pictures, run.name)
        assert ("fwd_report" in text.replace(".fwd-report", "")) == run.name.startswith("trained")
        subprocess.run([sys.executable, "-c", text], cwd=pictures.root, check=True)
        made = np.asarray(
            Image.open(pictures.root / f"{run.section}.{run.experiment}-{run.index}.png"), float
        )
        stored = np.asarray(Image.open(Path(store.folder(run.key)) / "image.png"), float)
        assert abs(made - stored).max() <= 1, run.name


def test_a_printed_script_makes_the_stored_picture(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.root)
    build(project.root, Options(only=("hybrids",)))
    plan, store = load_plan(project.root, Options())
    run = next(run for run in plan.runs if run.name == "hybrids.skull[0]")
    (project.root / "script.py").write_text(printed(project, run.name), encoding="utf-8")
    made = runpy.run_path("script.py")["x"][0]
    stored = load_file(store.folder(run.key) / "tensors.safetensors")["image"]
    assert float((made - stored).abs().max()) < 1e-3 * max(1.0, float(stored.abs().max()))


@pytest.mark.slow
def test_what_has_no_script(pictures: Project) -> None:
    answer = CliRunner().invoke(app, ["script", "-C", str(pictures.root), "trained.ddpm[0]"])
    assert isinstance(answer.exception, UserError)
    assert "its technique is train" in str(answer.exception)
    answer = CliRunner().invoke(app, ["script", "-C", str(pictures.root), "trained.other[0]"])
    assert "says sampler of a network trained here" in str(answer.exception)


def test_the_page_offers_what_the_command_prints(project: Project) -> None:
    """Linked to as a download, whole, found by `check`; of the figures with single pictures."""
    build(project.root, Options())
    scripts = project.root / "docs" / "report" / "scripts"
    offered = {"hybrids": "hybrids.skull", "noise": "noise.photos"}
    assert {path.name for path in scripts.iterdir()} == {f"{name}.py" for name in offered.values()}
    for section, name in offered.items():
        page = (scripts.parent / f"{section}.md").read_text(encoding="utf-8")
        assert (
            f'<code>fwd-report script {name}[0]</code>, or <a href="../scripts/{name}.py" download>'
            in page
        )
        assert page.count("fwd-report script") == 1
        assert (scripts / f"{name}.py").read_text(encoding="utf-8") == printed(
            project, f"{name}[0]"
        )
    checked = CliRunner().invoke(app, ["check", "-C", str(project.root)])
    assert "scripts/" not in checked.output
    (scripts / "noise.photos.py").write_text("print()\n")
    assert build(project.root, Options()).pages == [scripts / "noise.photos.py"]


def test_a_script_goes_with_its_figure(project: Project) -> None:
    build(project.root, Options())
    (project.root / "experiments" / "hybrids.yaml").unlink()
    build(project.root, Options())
    scripts = project.root / "docs" / "report" / "scripts"
    assert [path.name for path in scripts.iterdir()] == ["noise.photos.py"]

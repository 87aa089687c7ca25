"""What `fwd-report plan` keys by, seen from the outside."""

from __future__ import annotations

import json

from PIL import Image
from tests.helpers.project import REPORT, Project

ITERATIVE = """\
title: Iterative
order: 30
intro: Step by step.
experiments:
  - id: dot
    technique: iterative
    image: experiments/images/dot.png
    i_start: 25
    every: 5
    caption: Every few steps.
"""
TRAINED = """\
title: Trained
order: 40
intro: Two names of one checkpoint.
experiments:
  - id: unet
    technique: train
    objective: ddpm
    hidden: 4
    epochs: 3
    caption: The loss.
  - id: unnamed
    technique: sample
    model: unet
    caption: The last epoch.
  - id: named
    technique: sample
    model: unet@3
    caption: The third epoch.
  - id: earlier
    technique: sample
    model: unet@2
    caption: The second epoch.
"""


def keys(project: Project, *arguments: str) -> dict[str, str]:
    answer = project("plan", "--json", *arguments)
    assert answer.returncode == 0, answer.stderr
    return {
        f"{run['section']}.{run['experiment']}": run["key"] for run in json.loads(answer.stdout)
    }


def test_how_many_frames_the_figure_shows_is_no_part_of_the_key(project: Project) -> None:
    project.write("iterative", ITERATIVE)
    before = keys(project)
    project.write("iterative", ITERATIVE.replace("every: 5", "every: 2"))
    assert keys(project) == before
    project.write("iterative", ITERATIVE.replace("i_start: 25", "i_start: 24"))
    assert keys(project)["iterative.dot"] != before["iterative.dot"]


def test_the_last_epoch_by_number_is_the_last_epoch(project: Project) -> None:
    project.write("trained", TRAINED)
    found = keys(project)
    assert found["trained.named"] == found["trained.unnamed"]
    assert found["trained.named"] != found["trained.earlier"]


def test_a_section_that_asks_no_hub_model_needs_no_download(project: Project) -> None:
    report = REPORT.replace("model: model/stage_1", "model: nobody/has-this-model")
    project.write("report", report)
    project.write(
        "digits",
        "title: Digits\norder: 50\nintro: Noise.\nexperiments:\n"
        "  - {id: noisy, technique: noising, caption: Noise on a digit.}\n",
    )
    answer = project("build", "--only", "digits")
    assert answer.returncode == 0, answer.stderr
    assert "nobody/has-this-model" not in answer.stderr


def test_steps_that_would_not_begin_at_noise_are_refused(project: Project) -> None:
    project.write(
        "iterative",
        ITERATIVE.replace("technique: iterative", "technique: sample")
        .replace("image: experiments/images/dot.png", "prompt: a dog")
        .replace("i_start: 25", "steps: 600")
        .replace("    every: 5\n", ""),
    )
    answer = project("plan")
    assert answer.returncode == 2
    assert "iterative.yaml:8" in answer.stderr
    assert "use 500 or 1000" in answer.stderr


def test_a_picture_of_sixteen_bits_is_not_white(project: Project) -> None:
    ramp = Image.new("I;16", (64, 64))
    ramp.putdata([y * 1024 for y in range(64) for _ in range(64)])
    ramp.save(project.root / "experiments" / "images" / "dot.png")
    assert project("build", "--only", "noise").returncode == 0
    answer = project("store", "path", "noise.dot[0]")
    with Image.open(f"{answer.stdout.strip()}/original.png") as stored:
        assert (
            abs(stored.convert("L").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)) - 127) < 8
        )


def test_a_data_folder_of_nobody_is_said_not_to_exist(project: Project) -> None:
    project.write("report", REPORT + "data: ~nosuchuser/x\n")
    answer = project("plan")
    assert answer.returncode == 2
    assert "report.yaml:5" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_one_run_is_one_run(project: Project) -> None:
    said = project("plan").stdout.splitlines()
    (one,) = (line for line in said if line.startswith("hybrids.skull"))
    (several,) = (line for line in said if line.startswith("noise.dot"))
    assert one.split()[1:3] == ["1", "run"]
    assert several.split()[1:3] == ["3", "runs"]


def test_a_kernel_wider_than_the_model_allows_is_an_error_at_its_line(project: Project) -> None:
    """The model's images have 16 pixels; this was found when the run had drawn its picture."""
    section = project.root / "experiments" / "hybrids.yaml"
    text = section.read_text()
    line = text[: text.index("kernel_size:")].count("\n") + 1
    said = "kernel_size 33 is too wide for images of 16 × 16 pixels, which model/stage_1 makes: at"
    section.write_text(text.replace("kernel_size: 5", "kernel_size: 33"))
    for command in ("plan", "build", "check"):
        done = project(command)
        assert done.returncode == 2
        assert f"experiments/hybrids.yaml:{line}:" in done.stderr
        assert f"{said} most 31 is possible" in done.stderr
    section.write_text(text.replace("kernel_size: 5", "sweep: {kernel_size: [5, 33]}"))
    assert f"experiments/hybrids.yaml:{line}:" in project("plan").stderr
    section.write_text(text.replace("kernel_size: 5", "kernel_size: 33\n    split: colour"))
    done = project("plan")
    assert done.returncode == 0, done.stderr
    assert "kernel_size has no effect: a picture split by colour is not blurred" in done.stderr

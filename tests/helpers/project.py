"""A small writeup with a random model, and the command run on it as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from PIL import Image, ImageDraw
from tests.helpers.command import PLAIN, command
from tests.helpers.forked import fork_command

REPORT = """\
title: A small report
seed: 7
model: model/stage_1
upscaler: model/stage_2
"""
HYBRIDS = """\
title: Hybrids
order: 20
part: Part A
covers: ["1.9"]
intro: Kernel {{ runs.skull.params.kernel_size }}.
experiments:
  - id: skull
    technique: hybrid
    low: a skull
    high: waterfalls
    kernel_size: 5
    caption: Near and far.
    discussion: A skull.
    steps: 5
"""
NOISE = """\
title: Noise
order: 10
part: Part A
covers: ["1.1"]
intro: Noise.
experiments:
  - id: dot
    technique: forward
    image: experiments/images/dot.png
    sweep: {t: [250, 500, 750]}
    caption: More and more noise.
    discussion: Noise.
  - id: photos
    technique: sample
    prompt: a photo of a dog
    steps: 5
    samples: 3
    caption: Samples.
    discussion: Samples.
"""

TRAINED = """\
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
    examples: 64
    caption: A training.
  - {id: samples, technique: sample, model: unet, steps: 3, samples: 3, caption: Samples.}
"""


@dataclass(frozen=True)
class Project:
    """A project's folder; calling it is running the command there."""

    root: Path

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What the command answers here, run in this process."""
        return command(*arguments, cwd=self.root)

    def fork(self, *arguments: str) -> BaseProcess:
        """The command here, begun as a fork of this process: to be killed, or to race another."""
        return fork_command(self.root, *arguments)

    def process(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What the command answers here, as a process of its own."""
        process = self.start(*arguments)
        out, errors = process.communicate(timeout=240)
        return subprocess.CompletedProcess(arguments, process.returncode, out, errors)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The command here, begun as a process of its own, which has everything to import."""
        return subprocess.Popen(
            self.command_line(*arguments),
            cwd=self.root,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def command_line(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "fwd_report", *arguments]

    def environment(self) -> dict[str, str]:
        return {**os.environ, **PLAIN}

    def write(self, name: str, text: str) -> None:
        (self.root / "experiments" / f"{name}.yaml").write_text(text, encoding="utf-8")

    def stored(self) -> set[str]:
        return {
            path.parent.name
            for path in (self.root / ".fwd-report/store").glob("??/[!.]*/manifest.json")
        }


def write_small_project(root: Path, model: Path) -> Project:
    """Two sections of seven runs, of the model in that folder."""
    (root / "experiments" / "images").mkdir(parents=True)
    picture = Image.new("RGB", (96, 80), "white")
    ImageDraw.Draw(picture).ellipse((20, 10, 70, 60), fill="orange")
    picture.save(root / "experiments" / "images" / "dot.png")
    (root / "model").symlink_to(model)
    project = Project(root)
    project.write("report", REPORT)
    project.write("hybrids", HYBRIDS)
    project.write("noise", NOISE)
    return project


def deterministic_project(root: Path, model: Path) -> Project:
    """The same with a training and samples of it, to be made with equal bytes each time."""
    project = write_small_project(root, model)
    project.write("report", REPORT + "deterministic: true\n")
    project.write("trained", TRAINED)
    return project

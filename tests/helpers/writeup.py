"""A small writeup that samples, trains and renders, and processes that build it to be killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from tests.helpers.forked import fork_command, said

from fwd_report.build import BuildOutcome, Options
from fwd_report.build import build as run_build
from fwd_report.store.store import Store

REPORT = """\
title: A small report
seed: 7
model: model/stage_1
upscaler: model/stage_2
batch: 1
device: cpu
"""
SECTION = """\
title: Everything
intro: The mean loss is {{ runs.net.metrics.loss }}.
experiments:
  - {id: dot, technique: forward, image: experiments/images/dot.png, sweep: {t: [250, 750]},
     caption: Noise.}
  - {id: photos, technique: sample, prompt: a photo of a dog, steps: 3, samples: 4,
     caption: Samples.}
  - {id: net, technique: train, objective: denoiser, hidden: 2, batch: 16, epochs: 3,
     examples: 64, precision: fp32, caption: A net.}
"""
RUNS = 7


@dataclass(frozen=True)
class Writeup:
    """A project's folder, and what can be done with it."""

    root: Path

    def start(self, *arguments: str) -> BaseProcess:
        """The command, in a process of its own."""
        return fork_command(self.root, *arguments)

    def said(self, process: BaseProcess) -> str:
        return said(self.root, process)

    def build(self, **options: Any) -> BuildOutcome:
        """A plain build, in this process."""
        return run_build(self.root, Options(**options))

    def results(self) -> dict[str, object]:
        """What every run of the plan made: digests of its files, and its numbers."""
        store = Store(self.root)
        made: dict[str, object] = {}
        for key in store.keys():  # noqa: SIM118
            manifest = store.read(key)
            files = {name: said["sha256"] for name, said in manifest.files.items()}
            made[key] = (files, dict(manifest.metrics), dict(manifest.series))
        return made

    def edit(self, caption: str) -> None:
        """Change what the pages say and no run."""
        path = self.root / "experiments" / "all.yaml"
        path.write_text(path.read_text().replace("Samples.", f"{caption}. Samples."))

    def left(self) -> list[str]:
        """What is neither a result nor a cache: the traces of what was killed."""
        base = self.root / ".fwd-report"
        traces = [*base.glob("store/??/.*"), *base.glob("training/*"), *base.glob("locks/*")]
        return sorted(path.name for path in traces if path.name != "guard.lock")


def write_project(root: Path, model: Path) -> Writeup:
    images = root / "experiments" / "images"
    images.mkdir(parents=True)
    picture = Image.new("RGB", (96, 80), "white")
    ImageDraw.Draw(picture).ellipse((20, 10, 70, 60), fill="orange")
    picture.save(images / "dot.png")
    (root / "model").symlink_to(model)
    (root / "experiments" / "report.yaml").write_text(REPORT)
    (root / "experiments" / "all.yaml").write_text(SECTION)
    return Writeup(root)


def kill_at(process: BaseProcess, moment: float) -> bool:
    """Kill the process after so many seconds; whether it was still running."""
    process.join(moment)
    running = process.is_alive()
    if running:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    return running


def fast(kinds: Iterable[str], *chosen: str) -> list[object]:
    """The kinds as parameters, all but the chosen ones marked slow."""
    return [pytest.param(kind, marks=[] if kind in chosen else pytest.mark.slow) for kind in kinds]


def assert_same(writeup: Writeup, built: Writeup, may_hold_more: bool = False) -> None:
    """The same results as in peace, whole, and nothing left to do."""
    expected, found = built.results(), writeup.results()
    assert expected.keys() <= found.keys() if may_hold_more else expected.keys() == found.keys()
    for key, made in expected.items():
        assert found[key] == made, key
    again = writeup.build()
    assert (again.ran, list(again.pages)) == (0, [])

"""Reports built on a device, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from fwd_report.build import Options, build, load_plan

SAMPLES = """\
title: Samples
order: 10
intro: Samples.
experiments:
  - {id: dogs, technique: sample, prompt: a dog, samples: %d, steps: %d, caption: Dogs.}
  - {id: large, technique: upsample, of: dogs, steps: 2, caption: Large.}
"""


def write_samples(root: Path, samples: int, steps: int = 2) -> Path:
    """A writeup whose pictures share batches of both stages."""
    (root / "experiments").mkdir(parents=True)
    (root / "experiments" / "report.yaml").write_text("title: On a device\nseed: 7\n")
    (root / "experiments" / "samples.yaml").write_text(SAMPLES % (samples, steps))
    return root


def built(
    root: Path, values: Sequence[str], only: Sequence[str] = (), **more: Any
) -> dict[str, Any]:
    """By run: its tensors, series and provenance. more: further options of the build."""
    options = Options(overrides=values, only=only, **more)
    outcome = build(root, options)
    assert not outcome.failures, [failure.cause for failure in outcome.failures]
    plan, store = load_plan(root, options)
    found = {}
    for run in plan.selected(only):
        file = store.folder(run.key) / "tensors.safetensors"
        manifest = store.read(run.key)
        found[run.name] = {
            "technique": run.technique.name,
            "tensors": load_file(file) if file.is_file() else {},
            "series": dict(manifest.series),
            "provenance": dict(manifest.provenance),
        }
    return found


def differences(one: dict[str, Any], other: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """By run, the largest and the mean difference of any value of its tensors.

    Of tensors whose values go beyond -1 to 1, as a share of the largest.
    """
    assert one.keys() == other.keys()
    found = {}
    for name, run in one.items():
        assert run["tensors"].keys() == other[name]["tensors"].keys()
        apart = [
            (value.double() - other[name]["tensors"][key].double()).abs().flatten()
            / max(1.0, float(value.double().abs().max()))
            for key, value in run["tensors"].items()
            if value.is_floating_point() and value.numel()
        ]
        values = torch.cat(apart) if apart else torch.zeros(1)
        found[name] = (float(values.max()), float(values.mean()))
    return found

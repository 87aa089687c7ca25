"""Estimate how long networks of DeepFloyd's size, meant for a GPU, would take on a CPU."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from fwd_report.doctor.diagnosis import Diagnosis
from fwd_report.doctor.downloads import Wanted
from fwd_report.models.folder_layout import TOKENS
from fwd_report.models.footprint import picture_operations
from fwd_report.models.model_folder import ModelFolder
from fwd_report.models.weights import empty_unet
from fwd_report.plan.rates import duration
from fwd_report.plan.run import Run

LARGE = 2**28
"""Parameters from which on a network needs a GPU; those of emoji-if have far fewer."""
SIDE = 1024
"""Rows and columns of the matrices whose product measures the CPU's speed."""
WAY_OUT = (
    "build under `--profile embedded`, whose model is small, or on a machine with a GPU; "
    "notebooks/colab.ipynb of fwd-report's repository builds on a free one"
)


def look_at_pace(due: Sequence[Run], wanted: Sequence[Wanted]) -> Iterator[Diagnosis]:
    """Warn if these runs query large networks on the CPU, with an estimate of the time.

    The estimate is the operations of all queries divided by the speed of a matrix product here.
    """
    counts: dict[str, int] = {}
    for found in wanted:
        if "unet" in found.parts:
            counts[f"stage {'I' * found.stage}"] = found.numbers("unet")
        if "text_encoder" in found.parts:
            counts["the text encoder"] = found.numbers("text_encoder")
    named = [f"{name} ({count / 1e9:.1f} billion)" for name, count in counts.items()
             if count >= LARGE]  # fmt: skip
    if not named:
        return
    says = f"networks of DeepFloyd's size would run on the CPU: {', '.join(named)} parameters"
    data: dict[str, Any] = {"numbers": counts}
    operations = _operations(due, wanted)
    if operations is None:
        says += "; a picture takes minutes to hours"
        yield Diagnosis("computing", says, "warning", WAY_OUT, data)
        return
    speed = _speed()
    seconds = operations / speed
    says += (
        f"; the pending runs take about {duration(seconds)} at {speed / 1e9:.1f} billion "
        "operations per second, measured on a matrix product just now"
    )
    data |= {"operations": operations, "speed": speed, "seconds": seconds}
    yield Diagnosis("computing", says, "warning", WAY_OUT, data)


def _operations(due: Sequence[Run], wanted: Sequence[Wanted]) -> int | None:
    """Count the floating-point operations of all queries and prompts; None if a configuration is
    not on this machine.
    """
    total = 0
    for found in wanted:
        if "unet" in found.parts:
            steps = sum(
                run.network_steps
                for run in due
                if run.model is not None and run.technique.stage == found.stage
            )
            folder = found.configurations
            if folder is None or not (folder / "unet" / "config.json").is_file():
                return None
            total += steps * picture_operations(empty_unet(ModelFolder(folder)))
        if "text_encoder" in found.parts:
            prompts = {prompt for run in due for prompt in run.prompts}
            total += len(prompts) * 2 * TOKENS * found.numbers("text_encoder")
    return total


def _speed() -> float:
    """Measure the floating-point operations per second of a matrix product on this CPU."""
    matrix = torch.ones(SIDE, SIDE)
    least = float("inf")
    for _ in range(4):
        began = time.perf_counter()
        torch.mm(matrix, matrix)
        least = min(least, time.perf_counter() - began)
    return 2 * SIDE**3 / least

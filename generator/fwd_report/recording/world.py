"""What a run is given: the noise of its seed, and all else that its program may use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.rows import uploaded
from fwd_report.techniques.context import RunContext


def context_of(
    seed: int,
    device: str,
    folder: Path | None,
    images: Mapping[str, Tensor],
    masks: Mapping[str, Tensor],
    **given: Any,
) -> RunContext:
    """The context of a run with that seed, on a device; given: the other fields of `RunContext`.

    folder: a job's, whose tensors are on the CPU until it moves them.
    """
    place = device if folder is None else "cpu"
    return RunContext(
        seed=seed,
        noise=Noise(seed, place),
        device=device,
        folder=folder,
        images={name: uploaded(image, place) for name, image in images.items()},
        masks={name: uploaded(mask, place) for name, mask in masks.items()},
        **given,
    )

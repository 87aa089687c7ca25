"""A run's result written as files: pictures, frames, exact tensors."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from fwd_report.techniques.base import Result

NAME = re.compile(r"[A-Za-z0-9_-]+")
"""Names of pictures and frames, which become file names."""


def write_result(result: Result, folder: Path, value_range: tuple[float, float]) -> None:
    """Write `image.png`, a PNG for each named image, `frames-NAME.npy` and `tensors.safetensors`.

    Images are (C, H, W) in `value_range`; PNGs and frames have 8 bits a channel, the tensors are
    exact float32. Raises ValueError if an image is not finite, and, before anything is written, for
    a name with characters other than A-Z, a-z, 0-9, _ and -.
    """
    for name in (*result.images, *result.frames):
        if not (isinstance(name, str) and NAME.fullmatch(name)):
            raise ValueError(
                f"{name!r} is no name of a picture: use letters A-Z and a-z, digits, _ and - alone"
            )
    images = dict(result.images)
    if result.image is not None:
        images["image"] = result.image
    for name, image in images.items():
        if not torch.isfinite(image).all():
            raise ValueError(f"{name} has values that are not finite")
        to_picture(image, value_range).save(folder / f"{name}.png")
    for name, frames in result.frames.items():
        np.save(folder / f"frames-{name}.npy", _bytes(frames, value_range))
    if images:
        exact = {name: image.detach().float().contiguous().cpu() for name, image in images.items()}
        save_file(exact, folder / "tensors.safetensors")


def to_picture(image: Tensor, value_range: tuple[float, float]) -> Image.Image:
    """(C, H, W) in `value_range`, 1 or 3 channels, as a picture of 8 bits a channel, clipped and
    rounded.
    """
    levels = _bytes(image, value_range)
    return Image.fromarray(levels.squeeze(-1) if levels.shape[-1] == 1 else levels)


def _bytes(images: Tensor, value_range: tuple[float, float]) -> np.ndarray:
    """(…, C, H, W) in `value_range` → (…, H, W, C) uint8, clipped and rounded."""
    low, high = value_range
    unit = ((images.detach().float().cpu() - low) / (high - low)).clamp(0, 1)
    return (unit * 255).round().to(torch.uint8).movedim(-3, -1).numpy()

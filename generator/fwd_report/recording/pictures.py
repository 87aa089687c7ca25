"""A run's result written as files: pictures, frames, exact tensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from fwd_report.techniques.base import Result


def write_result(result: Result, folder: Path, value_range: tuple[float, float]) -> None:
    """Write `image.png`, a PNG for each named image, `frames-NAME.npy` and `tensors.safetensors`.

    Images are (C, H, W) in `value_range`; PNGs and frames have 8 bits a channel, the tensors are
    exact float32. The result has been checked: names become names of files.
    """
    images = pictures_of(result)
    for name, image in images.items():
        to_picture(image, value_range).save(folder / f"{name}.png")
    for name, frames in result.frames.items():
        np.save(folder / f"frames-{name}.npy", _bytes(frames, value_range))
    if images:
        exact = {name: _copied(image) for name, image in images.items()}
        save_file(exact, folder / "tensors.safetensors")


def pictures_of(result: Result) -> dict[str, Tensor]:
    """All single pictures of a result by name, the main one last, as `image`."""
    return {**result.images, **({} if result.image is None else {"image": result.image})}


def _copied(image: Tensor) -> Tensor:
    """The exact values in memory of their own: safetensors stores no views of one tensor."""
    return image.detach().cpu().to(torch.float32, copy=True, memory_format=torch.contiguous_format)


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

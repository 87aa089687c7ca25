"""Pictures of every kind as greys of 8 bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def eight_bits(picture: Image) -> Image:
    """A grey picture of 16 bits as one of 8, which Pillow's own conversion would clip to white."""
    if not picture.mode.startswith("I"):
        return picture
    import numpy as np
    from PIL import Image

    levels = np.asarray(picture, dtype=np.float64) / 257
    return Image.fromarray(levels.round().clip(0, 255).astype(np.uint8))


def to_grey(picture: Image) -> Image:
    """A picture of any mode in greys of 8 bits, mode L."""
    if picture.mode == "LAB":  # Pillow converts it to RGB only
        picture = picture.convert("RGB")
    return eight_bits(picture).convert("L")

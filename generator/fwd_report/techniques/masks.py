"""A mask file's picture as whiteness: what counts as white, black, grey and nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fwd_report.techniques.tones import to_grey

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_GREY = 0.05
"""The part of a mask of black and white that may be neither: the seams of a smoothed edge."""


def mask_levels(picture: Image) -> Image:
    """How white a mask is, in 8 bits: an image of mode L.

    What is transparent is black. A mask of the numbers 0 and 1, as programs write them, is one of
    black and white.
    """
    import numpy as np
    from PIL import Image

    if transparent(picture):
        black = Image.new("RGBA", picture.size, "black")
        picture = Image.alpha_composite(black, picture.convert("RGBA"))
    if picture.mode.startswith("I") and np.asarray(picture).max(initial=0) == 1:
        picture = Image.fromarray(np.asarray(picture).astype(np.uint8))
    levels = to_grey(picture)
    if levels.getextrema()[1] == 1:
        levels = levels.point([0, *[255] * 255])
    return levels


def transparent(picture: Image) -> bool:
    """Whether any of a picture is."""
    if picture.mode not in ("RGBA", "LA", "PA") and "transparency" not in picture.info:
        return False
    low, _ = picture.convert("RGBA").getchannel("A").getextrema()
    return bool(low < 255)  # type: ignore[operator]


def tones(histogram: Sequence[int]) -> tuple[int, int, int]:
    """How many of a histogram's 256 levels' pixels are black, grey and white."""
    return sum(histogram[:64]), sum(histogram[64:192]), sum(histogram[192:])


def is_soft(histogram: Sequence[int]) -> bool:
    """Whether a mask means its greys: parts of the new and of what is there."""
    return tones(histogram)[1] > MOST_GREY * sum(histogram)

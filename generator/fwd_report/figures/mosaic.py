"""Many pictures in one: the picture at the head of a front page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 192
"""The side of one square, in pixels: three times a 64 px picture, so its pixels stay even."""


def mosaic(pictures: Sequence[bytes], columns: int, side: int = SIDE) -> Image:
    """PNGs as squares of `side` pixels, in rows of `columns`, without gaps.

    A picture smaller than `side` is enlarged by whole pixels, a larger one reduced.
    """
    from PIL import Image as pillow

    rows = -(-len(pictures) // columns)
    canvas = pillow.new("RGB", (columns * side, rows * side), (128, 128, 128))
    for index, data in enumerate(pictures):
        with pillow.open(io.BytesIO(data)) as opened:
            image = opened.convert("RGB")
        smaller = max(image.size) < side
        method = pillow.Resampling.NEAREST if smaller else pillow.Resampling.LANCZOS
        y, x = divmod(index, columns)
        canvas.paste(image.resize((side, side), method), (x * side, y * side))
    return canvas

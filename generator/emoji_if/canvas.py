"""What painted pictures are made of: SVG shapes, and drawings pasted on them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PIL import Image

from emoji_if.drawings import rasterise

Drawings = Mapping[str, np.ndarray]
"""The drawings of one icon set: icon name to (S, S, 4) uint8 RGBA."""


def svg(body: str, size: int) -> Image.Image:
    """Shapes in a 100 x 100 coordinate system, as an RGBA picture."""
    document = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">{body}</svg>'
    return Image.fromarray(rasterise(document, size))


def paste(
    canvas: Image.Image,
    drawing: np.ndarray,
    centre: tuple[float, float],
    width: float,
    mirror: bool = False,
    degrees: float = 0.0,
) -> None:
    """Put an RGBA drawing on the canvas, in place; centre and width in percent of the canvas."""
    pixels = max(2, round(width / 100 * canvas.width))
    layer = Image.fromarray(drawing).resize((pixels, pixels), Image.Resampling.BOX)
    if mirror:
        layer = layer.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if degrees:
        layer = layer.rotate(degrees, Image.Resampling.BILINEAR)
    left, top = (round(c / 100 * canvas.width - pixels / 2) for c in centre)
    hidden = (max(0, -left), max(0, -top))
    if max(left, top) < canvas.width and min(left, top) > -pixels:
        canvas.alpha_composite(layer, (max(0, left), max(0, top)), hidden)

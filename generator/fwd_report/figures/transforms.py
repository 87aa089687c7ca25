"""The views of a stored picture: upside down, turned, negated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fwd_report.techniques.parts import Transform

if TYPE_CHECKING:
    from PIL.Image import Image


def seen_through(image: Image, view: Transform) -> Image:
    """The picture through `view`, 8 bits a channel.

    flip: upside down; rotate90: counter-clockwise; negate: 255 - value.
    """
    from PIL import Image as pillow
    from PIL import ImageOps

    if view == "flip":
        return image.transpose(pillow.Transpose.FLIP_TOP_BOTTOM)
    if view == "rotate90":
        return image.transpose(pillow.Transpose.ROTATE_90)
    if view == "rotate180":
        return image.transpose(pillow.Transpose.ROTATE_180)
    return ImageOps.invert(image)

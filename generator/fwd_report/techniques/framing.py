"""Which part of a picture a model sees, and how that becomes a square: the fields, the geometry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from fwd_report.techniques.base import Technique

Role = Literal["crop", "fit", "inverted"]
FULL = (1.0, 1.0)


@dataclass(frozen=True)
class Framing:
    """Marks a field that says how the pictures of its technique are taken.

    Such fields count in a key by what they make of a picture, not by their values.
    """

    role: Role


@dataclass(frozen=True)
class Frame:
    """How a picture becomes a square.

    box: left, top, right and bottom of the part that is kept, in pixels of the upright picture.
    filled: the shares of the square's width and height that the part takes up in its middle; the
    rest is white around an image and black around a mask. inverted: of a mask, black is where new
    content goes.
    """

    box: tuple[float, float, float, float]
    filled: tuple[float, float] = FULL
    inverted: bool = False

    def lost(self, width: int, height: int) -> float:
        """The share of a picture of that size that lies outside of the box."""
        left, top, right, bottom = self.box
        return 1 - (right - left) * (bottom - top) / (width * height)

    def on(self, width: int, height: int, size: tuple[int, int]) -> Frame:
        """The same frame on a picture of another size; width and height are of this one."""
        x, y = size[0] / width, size[1] / height
        left, top, right, bottom = self.box
        return Frame((left * x, top * y, right * x, bottom * y), self.filled, self.inverted)


def _in_order(box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    left, top, right, bottom = box
    if left >= right or top >= bottom:
        raise ValueError("should be [left, top, right, bottom], with left < right and top < bottom")
    return box


def _of_four(box: Any) -> Any:
    if isinstance(box, list | tuple) and len(box) != 4:
        raise ValueError(f"should be [left, top, right, bottom]: four numbers, not {len(box)}")
    return box


Pixel = Annotated[int, Field(ge=0, strict=True)]
Box = Annotated[
    tuple[Pixel, Pixel, Pixel, Pixel], BeforeValidator(_of_four), AfterValidator(_in_order)
]
"""[left, top, right, bottom] in pixels of the upright picture; right and bottom are not in it."""
Crop = Annotated[Literal["center", "top", "entropy"] | Box, Framing("crop")]
"""Which part of a picture is kept: a box, or where the largest square in it lies."""
Fit = Annotated[Literal["crop", "pad", "stretch"], Framing("fit")]
"""How what is kept becomes a square."""
Inverted = Annotated[bool, Framing("inverted")]
"""Of a mask: black is where new content goes."""


class Pictured(Technique):
    """A technique that reads a picture: the fields that say which part of it, and how."""

    crop: Crop | None = None
    """What is kept of the picture and its mask: a box [left, top, right, bottom] in pixels, or the
    largest square at its `center`, its `top` or where it holds most, by `entropy`. None: center."""
    fit: Fit = "crop"
    """How that becomes a square: `crop` keeps the square at its middle, `pad` keeps all of it on
    white, `stretch` keeps all of it and not its proportions."""

    @field_validator("fit")
    @classmethod
    def _square_once(cls, fit: str, others: ValidationInfo) -> str:
        crop = others.data.get("crop")
        if isinstance(crop, str) and fit != "crop":
            raise ValueError(
                f"{fit} keeps all of the picture, and crop: {crop} a square of it; say one of both"
            )
        return fit


def centre_square(width: float, height: float) -> Frame:
    """The largest square at the middle of a picture, as Pillow's `ImageOps.fit` takes it."""
    side = min(width, height)
    left, top = (width - side) * 0.5, (height - side) * 0.5
    return Frame((left, top, left + side, top + side))


def frame_of(
    width: int, height: int, crop: Any, fit: str, most_entropy: tuple[int, int] = (0, 0)
) -> Frame:
    """What the fields make of an upright picture of that size.

    most_entropy: left and top of the square that `crop: entropy` keeps. Raises ValueError for a
    box that reaches beyond the picture.
    """
    if crop == "top":
        left = centre_square(width, height).box[0]
        return Frame((left, 0.0, left + min(width, height), float(min(width, height))))
    if crop == "entropy":
        left, top = map(float, most_entropy)
        return Frame((left, top, left + min(width, height), top + min(width, height)))
    left, top, right, bottom = (0, 0, width, height) if crop in (None, "center") else crop
    if right > width or bottom > height:
        raise ValueError("reaches beyond the picture")
    wide, high = right - left, bottom - top
    whole = (float(left), float(top), float(right), float(bottom))
    if fit == "stretch":
        return Frame(whole)
    if fit == "pad":
        longer = max(wide, high)
        return Frame(whole, (wide / longer, high / longer))
    x0, y0, x1, y1 = centre_square(wide, high).box
    return Frame((left + x0, top + y0, left + x1, top + y1))

"""The user's pictures as a model takes them: a square of them, at its size, in its range."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from fwd_report.techniques.base import InputFile, marked_fields
from fwd_report.techniques.masks import is_soft, mask_levels
from fwd_report.techniques.tones import eight_bits

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    from fwd_report.techniques.base import Technique
    from fwd_report.techniques.framing import Frame


def decoded(
    technique: Technique,
    contents: Mapping[str, bytes],
    kind: str,
    size: int,
    value_range: tuple[float, float],
    frames: Mapping[str, Frame],
) -> dict[str, Tensor]:
    """A run's input files of one kind, "image" or "mask", by field, as its model takes them.

    contents: the bytes of its files, by field. frames: how to take those of which not the centre
    square is used. Raises UserError for a file that is not a picture.
    """
    from fwd_report.errors import UserError

    found = {}
    for field, mark in marked_fields(type(technique), InputFile).items():
        if mark.kind != kind or field not in contents:
            continue
        try:
            found[field] = (
                load_mask(contents[field], size, frames.get(field))
                if kind == "mask"
                else load_image(contents[field], size, value_range, frames.get(field))
            )
        except (OSError, ValueError, SyntaxError) as error:
            name = dict(technique)[field]  # a getattr would count all code, of figures too
            raise UserError(f"'{name}' is not a picture that can be read: {error}") from error
    return found


def load_image(
    content: bytes, size: int, value_range: tuple[float, float], frame: Frame | None = None
) -> Tensor:
    """A square of a picture, resized to `size` (Lanczos): (3, size, size) in the range.

    content: the bytes of its file. frame: which square; None: the centre one. EXIF orientation is
    applied; transparency is laid on white.
    """
    import numpy as np
    import torch
    from PIL import Image, ImageOps

    with Image.open(BytesIO(content)) as opened:
        picture = eight_bits(ImageOps.exif_transpose(opened)).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    picture = Image.alpha_composite(white, picture).convert("RGB")
    square = _square(picture, size, frame, Image.Resampling.LANCZOS, "white")
    unit = torch.from_numpy(np.array(square, dtype=np.float32) / 255).permute(2, 0, 1)
    low, high = value_range
    return unit * (high - low) + low


def load_mask(content: bytes, size: int, frame: Frame | None = None) -> Tensor:
    """A mask file's content as (1, size, size): 1 where new content goes.

    Of a mask of black and white a cell is 1 where over half of it is white, else 0; of one with
    greys it is the mean, in [0, 1]. frame: as of an image; outside of the mask nothing is new.
    """
    import numpy as np
    import torch
    from PIL import Image, ImageOps

    with Image.open(BytesIO(content)) as opened:
        levels = mask_levels(ImageOps.exif_transpose(opened))
    soft = is_soft(levels.histogram())
    if frame is not None and frame.inverted:
        levels = ImageOps.invert(levels)
    cells = np.array(_square(levels, size, frame, Image.Resampling.BOX, "black"))
    mask = cells.astype(np.float32) / 255 if soft else (cells > 127).astype(np.float32)
    return torch.from_numpy(mask)[None]


def _square(picture: Image, size: int, frame: Frame | None, method: Any, around: str) -> Image:
    """The part of a picture that a frame keeps, as a square of that size."""
    from PIL import Image, ImageOps

    if frame is None:
        return ImageOps.fit(picture, (size, size), method=method)
    width, height = (max(1, round(size * share)) for share in frame.filled)
    part = picture.resize((width, height), method, box=frame.box)
    if (width, height) == (size, size):
        return part
    square = Image.new(picture.mode, (size, size), around)
    square.paste(part, ((size - width) // 2, (size - height) // 2))
    return square

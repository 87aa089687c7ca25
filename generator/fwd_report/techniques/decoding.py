"""The user's pictures as a model takes them: the centre square, at its size, in its range."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING

from fwd_report.techniques.base import InputFile, marked_fields

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    from fwd_report.techniques.base import Technique


def decoded(
    technique: Technique,
    contents: Mapping[str, bytes],
    kind: str,
    size: int,
    value_range: tuple[float, float],
) -> dict[str, Tensor]:
    """A run's input files of one kind, "image" or "mask", by field, as its model takes them.

    contents: the bytes of its files, by field. Raises UserError for a file that is not a picture.
    """
    from fwd_report.errors import UserError

    found = {}
    for field, mark in marked_fields(type(technique), InputFile).items():
        if mark.kind != kind or field not in contents:
            continue
        try:
            found[field] = (
                load_mask(contents[field], size)
                if kind == "mask"
                else load_image(contents[field], size, value_range)
            )
        except (OSError, ValueError, SyntaxError) as error:
            name = getattr(technique, field)
            raise UserError(f"'{name}' is not a picture that can be read: {error}") from error
    return found


def load_image(content: bytes, size: int, value_range: tuple[float, float]) -> Tensor:
    """The centre square of a picture, resized to `size` (Lanczos): (3, size, size) in the range.

    content: the bytes of its file. EXIF orientation is applied; transparency is laid on white.
    """
    import numpy as np
    import torch
    from PIL import Image, ImageOps

    with Image.open(BytesIO(content)) as opened:
        picture = eight_bits(ImageOps.exif_transpose(opened)).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    picture = Image.alpha_composite(white, picture).convert("RGB")
    square = ImageOps.fit(picture, (size, size), method=Image.Resampling.LANCZOS)
    unit = torch.from_numpy(np.array(square, dtype=np.float32) / 255).permute(2, 0, 1)
    low, high = value_range
    return unit * (high - low) + low


def load_mask(content: bytes, size: int) -> Tensor:
    """A mask as (1, size, size): 1 where more than half of a cell is white, else 0."""
    import numpy as np
    import torch
    from PIL import Image, ImageOps

    with Image.open(BytesIO(content)) as opened:
        grey = eight_bits(ImageOps.exif_transpose(opened)).convert("L")
    square = ImageOps.fit(grey, (size, size), method=Image.Resampling.BOX)
    return torch.from_numpy((np.array(square) > 127).astype(np.float32))[None]


def eight_bits(picture: Image) -> Image:
    """A 16-bit grey picture as an 8-bit one, which Pillow's own conversion would clip to white."""
    if not picture.mode.startswith("I"):
        return picture
    import numpy as np
    from PIL import Image

    levels = np.asarray(picture, dtype=np.float64) / 257
    return Image.fromarray(levels.round().clip(0, 255).astype(np.uint8))

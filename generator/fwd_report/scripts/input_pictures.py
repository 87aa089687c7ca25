"""The input picture and mask of a run, as a script reads them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fwd_report.scripts.literals import python_literal
from fwd_report.techniques.framing import Frame
from fwd_report.techniques.masks import is_soft, mask_levels, transparent
from fwd_report.techniques.tones import to_grey

if TYPE_CHECKING:
    from PIL.Image import Image


def picture_lines(root: Path, fields: Mapping[str, Any], frames: Mapping[str, Frame]) -> list[str]:
    """`x0` in [-1, 1] and, where there is one, `mask` with 1 where new content goes."""
    if "image" not in fields:
        return []
    opened = _opened(fields["image"])
    if is_deep(root / fields["image"]):
        opened = _eight_bits(opened)
    lines = [
        f'picture = {opened}.convert("RGBA")',
        'white = Image.new("RGBA", picture.size, "white")',
        'picture = Image.alpha_composite(white, picture).convert("RGB")',
        *_square("picture", "LANCZOS", frames.get("image"), '"RGB"', "white"),
        "levels = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8)",
        "x0 = levels.view(1, size, size, 3).permute(0, 3, 1, 2) / 255 * 2 - 1",
    ]
    if "mask" in fields:
        lines += _mask(root, fields["mask"], frames.get("mask"))
    return lines


def needs_numpy(root: Path, fields: Mapping[str, Any]) -> bool:
    """Whether these lines use numpy."""
    return any(name in fields and is_deep(root / fields[name]) for name in ("image", "mask"))


def is_deep(path: Path) -> bool:
    """Whether a picture is grey of 16 bits, which Pillow's own conversion would clip."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return picture.mode.startswith("I")
    except OSError:
        return False


def _mask(root: Path, name: str, frame: Frame | None) -> list[str]:
    from PIL import Image, ImageOps

    with Image.open(root / name) as file:
        picture = ImageOps.exif_transpose(file)
    opened, lines = _opened(name), []
    numbers = _most(picture) == 1
    if transparent(picture):
        lines = [
            f"mask = {opened}",
            'black = Image.new("RGBA", mask.size, "black")',
            'mask = Image.alpha_composite(black, mask.convert("RGBA"))',
        ]
        opened = "mask"
    elif is_deep(root / name):
        small = f"Image.fromarray(np.asarray({opened}).astype(np.uint8))"
        opened = small if numbers else _eight_bits(opened)
    elif picture.mode == "LAB":
        opened = f'{opened}.convert("RGB")'
    lines.append(f'mask = {opened}.convert("L")')
    if numbers:
        lines.append("mask = mask.point(lambda level: 255 * level)")
    if frame is not None and frame.inverted:
        lines.append("mask = ImageOps.invert(mask)")
    soft = is_soft(mask_levels(picture).histogram())
    return [
        *lines,
        *_square("mask", "BOX", frame, '"L"', "black"),
        "levels = torch.frombuffer(bytearray(mask.tobytes()), dtype=torch.uint8)",
        f"mask = {'(levels / 255)' if soft else '(levels > 127).float()'}.view(1, 1, size, size)",
    ]


def _most(picture: Image) -> int:
    """The largest of a picture's numbers, of those that its greys are made of."""
    import numpy as np

    levels = picture if picture.mode.startswith("I") else to_grey(picture)
    return int(np.asarray(levels).max(initial=0))


def _opened(name: str) -> str:
    return f"ImageOps.exif_transpose(Image.open({python_literal(name)}))"


def _eight_bits(opened: str) -> str:
    deep = f"np.asarray({opened}, dtype=np.float64) / 257"
    return f"Image.fromarray(({deep}).round().clip(0, 255).astype(np.uint8))"


def _square(name: str, method: str, frame: Frame | None, mode: str, around: str) -> list[str]:
    method = f"Image.Resampling.{method}"
    if frame is None:
        return [f"{name} = ImageOps.fit({name}, (size, size), {method})"]
    if frame.filled == (1, 1):
        return [f"{name} = {name}.resize((size, size), {method}, box={frame.box})"]
    width, height = (f"max(1, round(size * {share!r}))" for share in frame.filled)
    return [
        f"part = {name}.resize(({width}, {height}), {method}, box={frame.box})",
        f'{name} = Image.new({mode}, (size, size), "{around}")',
        f"{name}.paste(part, ((size - part.width) // 2, (size - part.height) // 2))",
    ]

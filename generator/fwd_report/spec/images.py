"""The size of a picture file, and whether it decodes; remembered by content."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from fwd_report.store.memory import Memory, digest_of
from fwd_report.techniques.framing import Frame
from fwd_report.techniques.masks import is_soft, mask_levels, tones, transparent
from fwd_report.techniques.tones import to_grey

if TYPE_CHECKING:
    from PIL.Image import Image

V = TypeVar("V")

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MOST_PIXELS = 50_000_000
MOST_BYTES = 100_000_000
ENTROPY_PIXELS = 512
"""Pixels on the long side of the copy in which `crop: entropy` looks for its square."""
HEIC = (
    "save it as JPEG or PNG: on a Mac by File → Export in Preview, elsewhere with heif-convert; an "
    "iPhone takes JPEGs under Settings → Camera → Formats → Most Compatible"
)
BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
"""How the file type box of a HEIF picture names its format, from the ninth byte on."""


class Images:
    """Examines picture files; bytes that were decoded before are not decoded again."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def look(self, path: Path) -> dict[str, Any]:
        """{"size": [width, height]} of it upright, or {"error": why it is not a picture}.

        "hint" may follow "error", if there is a specific way out.
        """
        return self._recall("picture", path, lambda: _look(path))

    def most_entropy(self, path: Path) -> tuple[int, int]:
        """Left and top of the largest square in a picture whose greys have the most entropy."""
        left, top = self._recall("entropy", path, lambda: most_entropy(_upright(path)))
        return left, top

    def covered(self, path: Path, frame: Frame) -> dict[str, float]:
        """What a mask covers, in shares: of what the frame keeps the `white`, what is at all `new`
        and what is at all `kept`; of all its whiteness what lies `outside`; `drawn` is 1 where its
        transparency alone draws it.

        White is where new content goes; greys of a soft mask are both new and kept.
        """
        which = [*frame.box, frame.inverted]
        return self._recall("mask", path, lambda: _covered(_upright(path), frame), which)

    def _recall(self, what: str, path: Path, find: Callable[[], V], which: Any = None) -> V:
        name = digest_of(what, self._memory.of_file(path), which, self._memory.code)
        return self._memory.recall(name, find)


def _look(path: Path) -> dict[str, Any]:
    size = path.stat().st_size
    if size > MOST_BYTES:
        return {"error": f"is larger than {MOST_BYTES // 1_000_000} MB"}
    if size == 0:
        return {"error": "is an empty file"}
    if _is_heif(path):
        return {"error": "is a HEIC picture, which cannot be read", "hint": HEIC}
    import warnings

    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=FORMATS) as image:
                width, height = image.size
                if width * height > MOST_PIXELS:
                    return {"error": f"is gigantic: {width}×{height} pixels"}
                upright = ImageOps.exif_transpose(image)
                upright.load()
                if upright.mode == "F":
                    return {"error": "holds floating-point numbers: save it with 8 or 16 bits"}
    except Image.DecompressionBombError:
        return {"error": "is gigantic"}
    except Exception as error:
        known = type(error).__name__ != "UnidentifiedImageError"
        reason = f": {error}" if known and str(error) else ""
        return {"error": f"is not a picture that can be read{reason}"}
    return {"size": list(upright.size)}


def _is_heif(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(12)
    return head[4:8] == b"ftyp" and head[8:] in BRANDS


def _upright(path: Path) -> Image:
    from PIL import Image, ImageOps

    with Image.open(path, formats=FORMATS) as image:
        return ImageOps.exif_transpose(image)


def _covered(picture: Image, frame: Frame) -> dict[str, float]:
    from PIL import ImageOps

    levels = mask_levels(picture)
    if frame.inverted:
        levels = ImageOps.invert(levels)
    left, top, right, bottom = frame.box
    kept = levels.crop((floor(left), floor(top), ceil(right), ceil(bottom)))
    soft, counts = is_soft(levels.histogram()), kept.histogram()
    black, _, white = tones(counts)
    whole, inside = _whiteness(levels), _whiteness(kept)
    pixels = kept.width * kept.height
    return {
        "white": white / pixels,
        "new": (sum(counts[1:]) if soft else white) / pixels,
        "kept": (sum(counts[:-1]) if soft else black) / pixels,
        "outside": (whole - inside) / whole if whole else 0.0,
        "drawn": float(not soft and transparent(picture) and tones(levels.histogram())[2] == 0),
    }


def _whiteness(levels: Image) -> int:
    return sum(level * count for level, count in enumerate(levels.histogram()))


def most_entropy(picture: Image) -> tuple[int, int]:
    """Left and top of the largest square in a picture whose greys have the most Shannon entropy.

    Of equal ones it is the nearest to the middle; it is looked for in a small copy.
    """
    import numpy as np
    from PIL import Image

    width, height = picture.size
    scale = min(1.0, ENTROPY_PIXELS / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = to_grey(picture).resize(size, Image.Resampling.BOX)
    lines = np.asarray(small) if height > width else np.asarray(small).T
    side = min(size)
    counts = np.stack([np.bincount(line, minlength=256) for line in lines])
    before = np.concatenate([np.zeros((1, 256), int), counts.cumsum(0)])
    shares = (before[side:] - before[:-side]) / side**2
    logarithms = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    entropy = -(shares * logarithms).sum(1)
    best = np.flatnonzero(entropy >= entropy.max() - 1e-9)
    last = len(entropy) - 1
    start = int(best[np.abs(best - last / 2).argmin()])
    offset = round(start / last * abs(width - height)) if last else abs(width - height) // 2
    return (0, offset) if height > width else (offset, 0)

"""The size of a picture file, and whether it decodes; remembered by content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fwd_report.store.memory import Memory, digest_of
from fwd_report.techniques.decoding import eight_bits

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MOST_PIXELS = 50_000_000
MOST_BYTES = 100_000_000
MOST_GREY = 0.05
"""The fraction of a mask that may be neither black nor white, for smoothed edges."""


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
        """{"size": [width, height], "mask": error or None}, or {"error": why it is not a picture}.

        "hint" may follow "error", if there is a specific way out.
        """
        name = digest_of("picture", self._memory.of_file(path), self._memory.code)
        return self._memory.recall(name, lambda: _look(path))


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
                histogram = eight_bits(upright).convert("L").histogram()
    except Image.DecompressionBombError:
        return {"error": "is gigantic"}
    except Exception as error:
        known = type(error).__name__ != "UnidentifiedImageError"
        reason = f": {error}" if known and str(error) else ""
        return {"error": f"is not a picture that can be read{reason}"}
    return {"size": list(upright.size), "mask": _mask_error(histogram)}


def _is_heif(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(12)
    return head[4:8] == b"ftyp" and head[8:] in BRANDS


def _mask_error(histogram: list[int]) -> str | None:
    """Why a picture with this grey-level histogram (256 counts) is not a mask; None: it is one."""
    black, grey, white = sum(histogram[:64]), sum(histogram[64:192]), sum(histogram[192:])
    part = grey / (black + grey + white)
    if part > MOST_GREY:
        return f"is not black and white: {part:.0%} of it is grey"
    if not white:
        return "has no white, so nothing would be drawn"
    if not black:
        return "has no black, so nothing would be kept"
    return None

"""The size of a picture file, read from its first bytes: a page is laid out without decoding."""

from __future__ import annotations

import re
import struct
from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n"


def picture_size(data: bytes) -> tuple[int, int]:
    """(width, height) in pixels of a PNG, GIF or SVG, from its first kilobyte or more.

    Raises ValueError for anything else.
    """
    if data.startswith(PNG) and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data[:6] in (b"GIF87a", b"GIF89a"):
        width, height = struct.unpack("<HH", data[6:10])
        return width, height
    if b"<svg" in data:
        return _svg_size(data)
    raise ValueError("not a PNG, GIF or SVG")


def file_size(path: Path) -> tuple[int, int]:
    """(width, height) in pixels of the picture file at `path`; raises ValueError, OSError."""
    with path.open("rb") as file:
        return picture_size(file.read(4096))


def _svg_size(data: bytes) -> tuple[int, int]:
    head = data[data.index(b"<svg") :].decode("utf-8", errors="replace")
    tag = head[: head.index(">")]
    view_box = re.search(r'viewBox="([-\d.\s]+)"', tag)
    if view_box:
        _, _, width, height = (float(value) for value in view_box[1].split())
        return round(width), round(height)
    width_match = re.search(r'\bwidth="([\d.]+)', tag)
    height_match = re.search(r'\bheight="([\d.]+)', tag)
    if width_match and height_match:
        return round(float(width_match[1])), round(float(height_match[1]))
    raise ValueError("an SVG without a size")

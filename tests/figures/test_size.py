"""Sizes read from headers equal those Pillow reads."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from fwd_report.figures.size import file_size, picture_size


@pytest.mark.parametrize("form", ["PNG", "GIF"])
@pytest.mark.parametrize("size", [(1, 1), (64, 64), (300, 7)])
def test_size_is_what_pillow_reads(tmp_path: Path, form: str, size: tuple[int, int]) -> None:
    path = tmp_path / f"a.{form.lower()}"
    Image.new("L", size).save(path, form)
    assert file_size(path) == size


def test_an_svg_has_the_size_of_its_view_box_or_of_its_attributes() -> None:
    assert picture_size(b'<?xml version="1.0"?><svg viewBox="0 0 300.4 80" width="9">') == (300, 80)
    assert picture_size(b'<svg height="5pt" width="12pt">') == (12, 5)


def test_other_files_are_refused() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG")
    for data in (buffer.getvalue(), b"", b"\x89PNG\r\n\x1a\n", b"<svg></svg>"):
        with pytest.raises(ValueError, match=r"not a PNG|without a size"):
            picture_size(data)

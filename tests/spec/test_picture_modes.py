"""Pictures of every mode that a file can have: planned, decoded and scripted, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from tests.spec.conftest import Writeup

from fwd_report.scripts.input_pictures import picture_lines
from fwd_report.spec.images import FORMATS
from fwd_report.techniques.decoding import load_image, load_mask

pytest.importorskip("torch", reason="pictures become tensors")
MODES = ("1", "L", "P", "I", "I;16", "I;16B", "LA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB")


def saved(folder: Path, mode: str) -> list[Path]:
    """A white picture with a black half, in every format that has the mode.

    Pillow 11 writes YCbCr as a TIFF that it cannot read.
    """
    picture = Image.new("L", (80, 80), 255)
    picture.paste(0, (0, 0, 40, 80))
    if mode == "LAB":
        flat = Image.new("L", picture.size, 128)
        picture = Image.merge("LAB", [picture, flat, flat])
    elif mode.startswith("I"):
        picture = picture.convert("I").point(lambda level: level * 257).convert(mode)
    else:
        picture = picture.convert("RGB").convert(mode)
    folder.mkdir()
    paths = []
    for kind in FORMATS:
        path = folder / f"{kind}.{kind.lower()}"
        try:
            picture.save(path, kind)
            with Image.open(path) as written:
                written.load()
        except (OSError, ValueError):
            continue
        paths.append(path)
    return paths


@pytest.mark.parametrize("mode", MODES)
def test_a_picture_of_every_mode_is_an_image_and_a_mask(writeup: Writeup, mode: str) -> None:
    paths = saved(writeup.root / "images", mode)
    assert paths
    for path in paths:
        name = f"images/{path.name}"
        fields = {"image": name, "mask": name}
        given = ", ".join(f"{field}: {name}" for field in fields)
        writeup.write(
            "a.yaml",
            "title: A\nexperiments:\n"
            f"  - {{id: a, technique: fill, caption: A, crop: entropy, {given}}}\n",
        )
        assert writeup.load().sections
        mask = load_mask(path.read_bytes(), 8)
        assert mask[0, 4, 7] == 1
        assert mask[0, 4, 0] == 0
        image = load_image(path.read_bytes(), 8, (0, 1))
        assert image[:, 4, 7].min() > 0.9
        assert image[:, 4, 0].max() < 0.1
        names: dict[str, object] = {}
        lines = ["import numpy as np, torch", "from PIL import Image, ImageOps", "size = 8"]
        lines += [
            line.replace(f'"{name}"', f'"{path}"').replace(f"'{name}'", f"'{path}'")
            for line in picture_lines(writeup.root, fields, {})
        ]
        exec("\n".join(lines), names)
        assert (names["mask"] == mask[None]).all()  # type: ignore[attr-defined]


def test_floating_point_numbers_are_refused(writeup: Writeup) -> None:
    Image.new("F", (80, 80)).save(writeup.root / "a.tiff")
    text = "title: A\nexperiments:\n  - {id: a, technique: fill, caption: A, image: a.tiff}\n"
    (problem,) = writeup.write("a.yaml", text).problems()
    assert "save it with 8 or 16 bits" in problem.message

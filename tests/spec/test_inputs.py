"""Pictures and masks: inside the project, readable, large enough, fitting."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.spec.conftest import Writeup


def section(fields: str) -> str:
    return f"title: A\nexperiments:\n  - {{id: a, technique: fill, caption: A, {fields}}}\n"


def half(draw: Any) -> None:
    draw.rectangle((0, 0, 40, 100), fill="white")


@pytest.fixture
def gallery(writeup: Writeup, tmp_path_factory: pytest.TempPathFactory) -> Writeup:
    """A project with good and bad pictures in `images/`, and a picture outside it."""
    images = writeup.root / "images"
    writeup.draw("images/tower.png", (80, 64), half)
    writeup.draw("images/mask.png", (80, 64), half)
    writeup.draw("images/small.png", (200, 63), half)
    writeup.draw("images/square.png", (64, 64), half)
    writeup.draw("images/black.png", (80, 64), lambda draw: None)
    writeup.draw("images/white.png", (80, 64), lambda d: d.rectangle((0, 0, 99, 99), fill="white"))
    writeup.draw("images/grey.png", (80, 64), lambda d: d.rectangle((0, 0, 50, 99), fill="grey"))
    writeup.draw("images/dim.png", (80, 64), lambda d: d.rectangle((0, 0, 50, 99), "#3c3c3c"))
    Image.linear_gradient("L").point(lambda v: v * 180 // 255).save(images / "soft.png")
    Image.linear_gradient("L").point(lambda v: 75 + v * 180 // 255).save(images / "light.png")
    writeup.draw("images/long.png", (200, 64), half)
    writeup.draw("images/side.png", (80, 64), lambda d: d.rectangle((0, 0, 6, 63), fill="white"))
    strokes = Image.new("RGBA", (80, 64))
    strokes.paste("black", (20, 20, 60, 40))
    strokes.save(images / "strokes.png")
    (images / "notes.png").write_text("not a picture")
    (images / "empty.png").write_bytes(b"")
    (images / "phone.jpg").write_bytes(b"\0\0\0\x24ftypheic\0\0\0\0mif1heic")
    whole = (images / "tower.png").read_bytes()
    (images / "cut.png").write_bytes(whole[: len(whole) // 2])
    (images / "page.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n")
    outside = writeup.draw(
        str(tmp_path_factory.mktemp("outside") / "secret.png"), (64, 64), lambda draw: None
    )
    (images / "link.png").symlink_to(outside)
    (images / "loop.png").symlink_to(images / "loop.png")
    (images / "door").symlink_to(outside.parent)
    (images / "inner.png").symlink_to(images / "tower.png")
    return writeup


@pytest.mark.parametrize(
    "fields",
    [
        "image: images/tower.png",
        "image: ./images/../images/tower.png",
        "image: images/inner.png",
        "image: images/tower.png, mask: images/mask.png",
        "image: images/tower.png, mask: images/grey.png",
        "image: images/square.png, mask: images/soft.png",
        "image: images/square.png, mask: images/light.png, inverted: true",
        "image: images/square.png, mask: images/light.png, inverted: false",
        "sweep: {image: [images/tower.png, images/square.png]}",
    ],
)
def test_what_is_taken(gallery: Writeup, fields: str) -> None:
    gallery.write("a.yaml", section(fields))
    for _ in ("looked at", "remembered"):
        (found,) = gallery.load().sections
        taken = [variant.technique.model_dump() for variant in found.experiments[0].variants]
        assert taken
        for values in taken:
            assert (gallery.root / values["image"]).is_file()


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("images/towr.png", "there is no file", "did you mean 'images/tower.png'?"),
        ("tower.png", "there is no file", "did you mean 'images/tower.png'?"),
        ("images", "is a folder", ""),
        ("images/small.png", "too small: 200×63", "at least 64"),
        ("images/notes.png", "not a picture", "PNG"),
        ("images/phone.jpg", "is a HEIC picture", "save it as JPEG or PNG"),
        ("images/empty.png", "an empty file", ""),
        ("images/cut.png", "not a picture that can be read", ""),
        ("images/page.png", "not a picture", ""),
        ("images/link.png", "leads outside the project", "copy"),
        ("images/door/secret.png", "leads outside the project", "copy"),
        ("images/loop.png", "", ""),
        ("../x.png", "leads outside the project", "copy"),
        ("/etc/passwd", "outside the project", "experiments/images/"),
        ("~/x.png", "outside the project", "experiments/images/"),
        ("C:/x.png", "outside the project", "experiments/images/"),
        (r"images\tower.png", "separated by /", "images/tower.png"),
        ("https://example.org/x.png", "is an address", "copy"),
        ("''", "should not be blank", ""),
        ("x" * 5000, "", ""),
    ],
)
def test_what_is_not(gallery: Writeup, name: str, message: str, hint: str) -> None:
    text = section(f"image: {name}")
    (problem,) = gallery.write("a.yaml", text).problems()
    assert (problem.line, problem.column) == (3, text.splitlines()[2].index("image:") + 8)
    assert message in problem.message
    assert hint in (problem.hint or "")


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        ("images/long.png", "is 200×64 pixels, 'images/tower.png' is 80×64"),
        ("images/black.png", "has no white, so nothing would be drawn"),
        ("images/white.png", "has no black in the part that is used, so nothing would be kept"),
        ("images/dim.png", "has no white"),
        ("images/side.png", "has no white in the part that is used"),
        ("images/strokes.png", "is drawn by its transparency alone"),
    ],
)
def test_masks(gallery: Writeup, mask: str, message: str) -> None:
    text = section(f"image: images/tower.png, mask: {mask}")
    (problem,) = gallery.write("a.yaml", text).problems()
    assert message in problem.message
    assert problem.column == text.splitlines()[2].index("mask:") + 7


@pytest.mark.parametrize(
    ("fields", "value", "message", "hint"),
    [
        (
            "image: images/tower.png",
            "images",
            "80×64 pixels, and 20% of it lies outside",
            "fit: pad",
        ),
        (
            "image: images/wide.png, mask: images/right.png, crop: [1, 0, 65, 64]",
            "images/right",
            "less than 1% of the white of the mask 'images/right.png' lies outside",
            "fit: pad",
        ),
        (
            "image: images/tower.png, crop: center, mask: images/mask.png",
            "images/mask",
            "20% of the white of the mask 'images/mask.png' lies outside of the part",
            "crop",
        ),
        (
            "image: images/tower.png, crop: [0, 0, 80, 64]",
            "[0",
            "crop is 80×64 pixels, and 20% of it lies outside",
            "fit: crop",
        ),
        (
            "image: images/square.png, mask: images/most.png",
            "images/most",
            "75% of the mask 'images/most.png' is white, and all of that is drawn anew",
            "inverted: true",
        ),
    ],
)
def test_what_is_lost_is_warned_of(
    gallery: Writeup, fields: str, value: str, message: str, hint: str
) -> None:
    gallery.draw("images/right.png", (750, 640), lambda d: d.rectangle((9, 0, 300, 99), "white"))
    gallery.draw("images/wide.png", (75, 64), half)
    gallery.draw("images/most.png", (64, 64), lambda d: d.rectangle((0, 0, 63, 47), fill="white"))
    text = section(fields)
    (warning,) = gallery.write("a.yaml", text).load().warnings
    assert message in warning.message
    assert hint in (warning.hint or "")
    assert (warning.line, warning.column) == (3, text.splitlines()[2].rindex(value) + 1)


@pytest.mark.parametrize(
    "fields",
    [
        "image: images/square.png",
        "image: images/tower.png, crop: center",
        "image: images/tower.png, crop: top",
        "image: images/tower.png, crop: entropy",
        "image: images/tower.png, fit: crop",
        "image: images/tower.png, fit: pad",
        "image: images/tower.png, fit: stretch",
        "image: images/tower.png, crop: [3, 0, 67, 64]",
        "image: images/tower.png, mask: images/mask.png, fit: pad",
        "image: images/tower.png, mask: images/square.png, fit: stretch",
        "image: images/square.png, mask: images/most.png, inverted: false",
        "image: images/square.png, mask: images/most.png, inverted: true",
        "sweep: {image: [images/tower.png, images/long.png], crop: [top, [0, 0, 64, 64]]}",
    ],
)
def test_what_is_meant_is_not_warned_of(gallery: Writeup, fields: str) -> None:
    gallery.draw("images/most.png", (64, 64), lambda d: d.rectangle((0, 0, 63, 47), fill="white"))
    gallery.draw("images/square.png", (64, 64), lambda d: d.rectangle((0, 0, 31, 31), fill="white"))
    assert gallery.write("a.yaml", section(fields)).load().warnings == ()


@pytest.mark.parametrize(
    ("fields", "value", "message"),
    [
        ("crop: [0, 0, 81, 64]", "[0", "crop reaches beyond the picture: 'images/tower.png' is 80"),
        ("crop: [0, 0, 64, 63]", "[0", "crop keeps too little of 'images/tower.png': 63×63 pixels"),
        ("crop: [9, 0, 9, 64]", "[9", "[left, top, right, bottom], with left < right"),
        ("crop: [9, 0, 9]", "[9", "crop should be [left, top, right, bottom]: four numbers, not 3"),
        ("crop: [a, 0, 9, 9]", "a, 0", 'crop[0] should be a whole number, not "a"'),
        ("crop: middle", "middle", "crop should be 'center', 'top' or 'entropy' or a list"),
        ("crop: top, fit: pad", "pad", "pad keeps all of the picture, and crop: top a square"),
        ("fit: cover", "cover", "fit should be 'crop', 'pad' or 'stretch'"),
    ],
)
def test_frames_that_cannot_be(gallery: Writeup, fields: str, value: str, message: str) -> None:
    text = section(f"image: images/tower.png, {fields}")
    (problem,) = gallery.write("a.yaml", text).problems()
    assert message in problem.message
    assert problem.column == text.splitlines()[2].rindex(value) + 1


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ("crop: centre", "did you mean 'center'?"),
        ("crop: middle", "there is: center, entropy, top"),
    ],
)
def test_a_word_near_to_one_is_suggested(gallery: Writeup, fields: str, hint: str) -> None:
    text = section(f"image: images/tower.png, {fields}")
    (problem,) = gallery.write("a.yaml", text).problems()
    assert problem.hint == hint


def test_a_number_meant_as_text_is_quoted_as_it_is_written(gallery: Writeup) -> None:
    text = section("image: images/tower.png").replace("title: A\n", "title: A\ncovers: [1.10]\n")
    problem = gallery.write("a.yaml", text).problems()[0]
    assert problem.message == "covers[0] should be text, not 1.10"
    assert problem.hint == 'to mean the text, put it in quotes: "1.10"'


def test_a_mask_is_compared_with_the_upright_image(gallery: Writeup) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = gallery.root / "images" / "turned.jpg"
    Image.new("RGB", (64, 80)).save(path, exif=exif)
    gallery.write("a.yaml", section("image: images/turned.jpg, mask: images/mask.png"))
    assert gallery.load().sections
    Image.new("RGB", (64, 80)).save(path)
    (problem,) = gallery.problems()
    assert "is 64×80" in problem.message, "without the turn it does not fit"


def test_a_picture_that_changes_is_looked_at_again(gallery: Writeup) -> None:
    gallery.write("a.yaml", section("image: images/tower.png")).load()
    (gallery.root / "images" / "tower.png").write_text("gone")
    (problem,) = gallery.problems()
    assert "not a picture" in problem.message


def test_a_gigantic_picture_is_not_decoded(gallery: Writeup) -> None:
    Image.new("1", (8000, 7000)).save(gallery.root / "images" / "huge.png")
    (problem,) = gallery.write("a.yaml", section("image: images/huge.png")).problems()
    assert "gigantic: 8000×7000" in problem.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_picture_one_may_not_read(gallery: Writeup) -> None:
    path: Path = gallery.root / "images" / "tower.png"
    path.chmod(0)
    (problem,) = gallery.write("a.yaml", section("image: images/tower.png")).problems()
    assert "cannot be read" in problem.message or "not a picture" in problem.message

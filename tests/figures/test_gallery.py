"""The gallery draws a picture once, names it by its content, and sees a change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fwd_report.figures import gallery as module
from fwd_report.figures.gallery import Gallery
from fwd_report.store.entry import Entry
from fwd_report.techniques.parts import Picture


def entry(folder: Path, frames: int = 7) -> Entry:
    folder.mkdir()
    pixels = np.random.default_rng(frames).integers(0, 256, (frames, 16, 16, 3), dtype=np.uint8)
    np.save(folder / "frames-trajectory.npy", pixels)
    Image.fromarray(pixels[-1]).save(folder / "image.png")
    empty: dict = {}
    return Entry(
        "a", "b", "sample", 0, 180, folder.name, empty, empty, "", folder, empty, empty, empty
    )


def test_a_stored_picture_is_served_byte_for_byte(tmp_path: Path) -> None:
    stored = entry(tmp_path / "run")
    drawn = Gallery(tmp_path / "figures").picture(Picture(stored.picture(), "", entry=stored))
    assert (tmp_path / "figures" / drawn.name).read_bytes() == stored.picture().read_bytes()
    assert (drawn.width, drawn.height) == (16, 16)


def test_nothing_is_drawn_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = entry(tmp_path / "run")
    picture = Picture(stored.picture(), "", view="flip", entry=stored)

    def make(gallery: Gallery) -> tuple:
        film = gallery.film([[stored]], "trajectory", "film", sprite=True)
        return gallery.picture(picture), film, gallery.frame(stored, "trajectory", 3)

    first = make(Gallery(tmp_path / "figures"))

    def draw_nothing(*_: object) -> bytes:
        raise AssertionError("drawn again")

    monkeypatch.setattr(module, "_png", draw_nothing)
    monkeypatch.setattr(module, "_redraw", draw_nothing)
    monkeypatch.setattr(module, "_load", draw_nothing)
    assert make(Gallery(tmp_path / "figures")) == first


def test_other_content_another_view_or_other_code_has_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery = Gallery(tmp_path / "figures")
    one, two = entry(tmp_path / "one", 3), entry(tmp_path / "two", 4)
    names = {
        gallery.view(one.picture(), None, "x").name,
        gallery.view(two.picture(), None, "x").name,
        gallery.view(one.picture(), "flip", "x").name,
        gallery.view(one.picture(), "negate", "x").name,
    }
    monkeypatch.setattr(module, "_code", lambda: b"other code")
    names.add(gallery.view(one.picture(), None, "x").name)
    assert len(names) == 5


def test_a_film_has_its_result_as_the_poster_and_all_frames_for_the_scrubber(
    tmp_path: Path,
) -> None:
    stored = entry(tmp_path / "run")
    film = Gallery(tmp_path / "figures").film([[stored]], "trajectory", "film", sprite=True)
    assert film.sprite is not None
    assert film.count == 7
    frames = np.load(stored.frames())
    poster = np.asarray(Image.open(tmp_path / "figures" / film.poster.name))
    assert np.array_equal(poster, frames[-1])
    sprite = np.asarray(Image.open(tmp_path / "figures" / film.sprite.name))
    assert np.array_equal(sprite[:, 32:48], frames[2])


def test_a_frame_is_the_one_that_was_asked_for(tmp_path: Path) -> None:
    stored = entry(tmp_path / "run")
    frames = np.load(stored.frames())
    gallery = Gallery(tmp_path / "figures")
    for index in (0, 3, 6):
        drawn = gallery.frame(stored, "trajectory", index)
        with Image.open(tmp_path / "figures" / drawn.name) as picture:
            assert np.array_equal(np.asarray(picture), frames[index])

"""A picture as a model takes it: which square, how masks are read."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fwd_report.spec.images import most_entropy
from fwd_report.techniques.decoding import load_image, load_mask
from fwd_report.techniques.framing import Frame, centre_square, frame_of

sides = st.integers(16, 80)


def content(picture: Image.Image, **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG", **options)
    return file.getvalue()


def gradient(width: int, height: int, mode: str = "RGB") -> Image.Image:
    y, x = np.mgrid[:height, :width]
    levels = np.stack([x * 3 % 256, y * 3 % 256, (x + y) % 256], axis=-1).astype(np.uint8)
    return Image.fromarray(levels).convert(mode)


def half_mask(width: int, height: int) -> Image.Image:
    mask = Image.new("L", (width, height))
    mask.paste(255, (0, 0, width // 2, height))
    return mask


@settings(deadline=None, max_examples=40)
@given(sides, sides)
def test_the_centre_square_is_what_no_frame_is(width: int, height: int) -> None:
    made = content(gradient(width, height))
    frame = centre_square(width, height)
    assert frame == frame_of(width, height, "center", "crop")
    assert torch.equal(load_image(made, 16, (-1, 1)), load_image(made, 16, (-1, 1), frame))
    mask = content(half_mask(width, height))
    assert torch.equal(load_mask(mask, 16), load_mask(mask, 16, frame))


@settings(deadline=None, max_examples=40)
@given(sides, st.sampled_from([None, "center", "top", "entropy"]))
def test_of_a_square_every_crop_and_fit_is_the_identity(side: int, crop: str | None) -> None:
    picture = gradient(side, side)
    for fit in ("crop", "pad", "stretch") if crop is None else ("crop",):
        frame = frame_of(side, side, crop, fit, most_entropy(picture))
        assert frame == centre_square(side, side)
        kept = load_image(content(picture), side, (0, 255), frame)
        assert torch.equal(kept, torch.from_numpy(np.array(picture)).permute(2, 0, 1).float())


@settings(deadline=None, max_examples=40)
@given(sides, sides, st.data())
def test_a_box_is_what_is_cut_out_by_hand(width: int, height: int, data: st.DataObject) -> None:
    side = data.draw(st.integers(8, min(width, height)))
    left = data.draw(st.integers(0, width - side))
    top = data.draw(st.integers(0, height - side))
    box = (left, top, left + side, top + side)
    picture = gradient(width, height)
    frame = frame_of(width, height, box, "crop")
    by_hand = content(picture.crop(box))
    taken = load_image(content(picture), side, (-1, 1), frame)
    assert torch.equal(taken, load_image(by_hand, side, (-1, 1)))
    assert frame.lost(width, height) == pytest.approx(1 - side**2 / (width * height))


@settings(deadline=None, max_examples=40)
@given(sides, sides, st.sampled_from(["crop", "pad", "stretch"]), st.integers(2, 5))
def test_a_mask_of_another_size_is_its_image_scaled(
    width: int, height: int, fit: str, times: int
) -> None:
    frame = frame_of(width, height, None, fit)
    large = frame.on(width, height, (width * times, height * times))
    small, scaled = half_mask(width, height), half_mask(width, height)
    scaled = scaled.resize((width * times, height * times), Image.Resampling.NEAREST)
    taken = load_mask(content(small), 8, frame), load_mask(content(scaled), 8, large)
    assert (taken[0] != taken[1]).float().mean() <= 8 / 64  # a cell that is half white, say


@settings(deadline=None, max_examples=40)
@given(sides, sides)
def test_padding_keeps_all_and_surrounds_with_white_and_black(width: int, height: int) -> None:
    frame = frame_of(width, height, None, "pad")
    assert frame.lost(width, height) == 0
    size = max(width, height)
    picture = gradient(width, height)
    image = load_image(content(picture), size, (0, 255), frame)
    left, top = (size - width) // 2, (size - height) // 2
    within = torch.from_numpy(np.array(picture)).permute(2, 0, 1).float()
    assert torch.equal(image[:, top : top + height, left : left + width], within)
    assert image.sum() == within.sum() + 255 * 3 * (size**2 - width * height)
    white = Image.new("L", (width, height), 255)
    assert load_mask(content(white), size, frame).sum() == width * height


def test_padding_of_an_inverted_mask_stays_as_it_is() -> None:
    frame = frame_of(40, 20, None, "pad")
    mask = half_mask(40, 20)
    inverted = Image.eval(mask, lambda level: 255 - level)
    turned = load_mask(content(inverted), 40, Frame(frame.box, frame.filled, inverted=True))
    assert torch.equal(turned, load_mask(content(mask), 40, frame))
    assert turned.sum() == 400


def test_stretching_keeps_all() -> None:
    stretched = load_mask(content(half_mask(80, 20)), 16, frame_of(80, 20, None, "stretch"))
    assert torch.equal(stretched[0, :, :8], torch.ones(16, 8))
    assert not stretched[0, :, 8:].any()


@pytest.mark.parametrize(("size", "kept"), [((60, 20), (37, 0)), ((20, 60), (0, 37))])
def test_entropy_finds_what_there_is_to_see(size: tuple[int, int], kept: tuple[int, int]) -> None:
    picture = Image.new("L", size, 128)
    noise = np.random.default_rng(0).integers(0, 256, (20, 20)).astype(np.uint8)
    picture.paste(Image.fromarray(noise), kept)
    assert most_entropy(picture) == kept


def test_entropy_of_a_flat_picture_is_its_centre() -> None:
    assert most_entropy(Image.new("L", (64, 1500))) == (0, 718)
    assert centre_square(64, 1500).box[1] == 718
    assert most_entropy(Image.new("RGB", (20, 20))) == (0, 0)


def test_top_is_the_top_of_a_tall_picture_and_the_centre_of_a_wide_one() -> None:
    assert frame_of(40, 90, "top", "crop").box == (0, 0, 40, 40)
    assert frame_of(90, 40, "top", "crop") == centre_square(90, 40)


def test_a_box_that_is_no_square_becomes_one() -> None:
    box = (10, 10, 50, 30)
    assert frame_of(90, 40, box, "crop").box == (20, 10, 40, 30)
    assert frame_of(90, 40, box, "stretch").box == box
    assert frame_of(90, 40, box, "pad") == Frame(box, (1, 0.5))
    with pytest.raises(ValueError, match="beyond"):
        frame_of(49, 40, box, "crop")


def test_the_turn_of_a_photo_is_honoured_before_it_is_cut() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter, clockwise, to be upright
    upright = gradient(30, 50)
    turned = content(upright.rotate(90, expand=True), exif=exif)
    frame = frame_of(30, 50, "top", "crop")
    taken = load_image(turned, 30, (-1, 1), frame)
    assert torch.equal(taken, load_image(content(upright), 30, (-1, 1), frame))


def grey_steps() -> np.ndarray:
    return np.repeat(np.linspace(0, 255, 16).round().astype(np.uint8)[None], 16, axis=0)


def test_a_mask_with_greys_is_soft() -> None:
    levels = grey_steps()
    soft = load_mask(content(Image.fromarray(levels)), 16)
    assert torch.equal(soft[0], torch.from_numpy(levels.astype(np.float32)) / 255)
    inverted = load_mask(content(Image.fromarray(levels)), 16, Frame((0, 0, 16, 16), inverted=True))
    assert torch.equal(inverted[0], torch.from_numpy((255 - levels).astype(np.float32)) / 255)


def test_smoothed_seams_make_no_soft_mask() -> None:
    levels = np.zeros((64, 64), np.uint8)
    levels[:, 32:] = 255
    levels[:, 31] = 100
    levels[:, 30] = 150
    mask = load_mask(content(Image.fromarray(levels)), 64)
    assert mask.unique().tolist() == [0, 1]
    assert mask.sum() == 64 * 33


WHITE = np.array(half_mask(16, 16))


@pytest.mark.parametrize(
    "written",
    [
        Image.fromarray(WHITE // 255),
        Image.fromarray((WHITE // 255).astype(np.uint16)),
        Image.fromarray(WHITE.astype(np.uint16) * 257),
        Image.fromarray(WHITE).convert("1"),
        Image.fromarray(WHITE).convert("P"),
        Image.fromarray(WHITE).convert("RGB"),
        Image.merge("LA", [Image.new("L", (16, 16), 255), Image.fromarray(WHITE)]),
        Image.merge("RGBA", [*[Image.new("L", (16, 16), 255)] * 3, Image.fromarray(WHITE)]),
    ],
    ids=["0 and 1", "0 and 1 of 16 bits", "16 bits", "1 bit", "palette", "colour", "LA", "RGBA"],
)
def test_one_mask_however_it_is_written(written: Image.Image, tmp_path: Path) -> None:
    expected = torch.from_numpy((WHITE > 0).astype(np.float32))[None]
    assert torch.equal(load_mask(content(written), 16), expected)


def test_frames_follow_a_picture_down() -> None:
    """The crop of a picture made smaller is the crop made smaller."""
    frames = [frame_of(600 // n, 400 // n, "top", "crop") for n in (1, 2, 4)]
    assert all(a.on(600 // n, 400 // n, (300 // n, 200 // n)) == b
               for (a, b), n in zip(pairwise(frames), (1, 2), strict=True))  # fmt: skip

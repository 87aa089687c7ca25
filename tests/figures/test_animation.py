"""GIFs: loop for ever, end on the result, keep to their budget."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from fwd_report.figures.animation import LAST_FRAME_MS, gif, rgb, sprite, tile


def fading(frames: int, side: int = 32, channels: int = 3) -> np.ndarray:
    """From noise to a flat picture, (frames, side, side, channels)."""
    noise = np.random.default_rng(1).integers(0, 256, (frames, side, side, channels))
    weight = np.linspace(1, 0, frames)[:, None, None, None]
    return (weight * noise + (1 - weight) * 90).astype(np.uint8)


def test_a_gif_loops_and_rests_on_its_last_frame() -> None:
    frames = fading(9)
    with Image.open(io.BytesIO(gif(frames))) as image:
        assert image.n_frames == 9
        assert image.info["loop"] == 0
        image.seek(8)
        assert image.info["duration"] == LAST_FRAME_MS
        last = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(last - frames[-1]).max() <= 8


def test_a_gif_keeps_to_its_budget_and_still_ends_on_the_result() -> None:
    frames = fading(80, side=48)
    data = gif(frames, budget=60_000)
    assert len(data) <= 60_000
    with Image.open(io.BytesIO(data)) as image:
        image.seek(image.n_frames - 1)
        last = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(last - frames[-1]).max() <= 16


def test_tiles_move_together_and_the_shorter_one_waits() -> None:
    long, short = fading(5, 8, 1), fading(2, 8, 1)
    both = tile([[long, short], [short, None]], gap=2)
    assert both.shape == (5, 18, 18, 3)
    assert np.array_equal(both[4, :8, :8], np.repeat(long[4], 3, axis=-1))
    assert np.array_equal(both[4, :8, 10:], np.repeat(short[1], 3, axis=-1))
    assert (both[:, 10:, 10:] == 128).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sprite_holds_every_frame_in_order(channels: int) -> None:
    frames = fading(6, 4, channels)
    pixels = np.asarray(sprite(frames))
    assert all(
        np.array_equal(pixels[:, 4 * i : 4 * i + 4], frame) for i, frame in enumerate(rgb(frames))
    )

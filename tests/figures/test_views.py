"""Views of pictures equal the array operations that define them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from fwd_report.figures.views import FAR, seen_through
from fwd_report.techniques.parts import Transform

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 12, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("view", "define"),
    [
        ("flip", lambda a: a[::-1]),
        ("rotate90", np.rot90),
        ("rotate180", lambda a: a[::-1, ::-1]),
        ("negate", lambda a: 255 - a),
    ],
)
def test_view(view: Transform, define: Callable[[np.ndarray], np.ndarray]) -> None:
    seen = np.asarray(seen_through(Image.fromarray(PIXELS), view))
    assert np.array_equal(seen, define(PIXELS))


def test_from_afar_the_fine_pattern_is_gone_and_the_coarse_one_stays() -> None:
    checks = np.indices((64, 64)).sum(axis=0) % 2 * 60
    coarse = np.repeat(np.repeat([[40, 180], [180, 40]], 32, 0), 32, 1)
    image = Image.fromarray((coarse + checks).astype(np.uint8))
    far = np.asarray(seen_through(image, "far")).astype(int)
    assert far.shape == (64 // FAR, 64 // FAR)
    assert np.abs(far[:6, :6] - 70).max() <= 2
    assert np.abs(far[:6, -6:] - 210).max() <= 2

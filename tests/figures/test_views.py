"""Views of pictures equal the array operations that define them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from fwd_report.figures.transforms import seen_through
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

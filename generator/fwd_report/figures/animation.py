"""Animated GIFs of frame sequences: one shared palette, a long last frame, a size budget."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fwd_report.diffusion.thinning import evenly

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

BUDGET = 1_500_000
"""Most bytes of a GIF; to stay below, frames are dropped first, then colours."""
FRAME_MS = 90
LAST_FRAME_MS = 1800
MOST_FRAMES = 60


def tile(rows: Sequence[Sequence[np.ndarray | None]], gap: int = 2) -> np.ndarray:
    """Sequences laid out in rows and moving together: one (N, H, W, 3) uint8 sequence.

    Each is (n, h, w, c) uint8 with c = 1 or 3, all with the same h and w; a shorter sequence holds
    its last frame; None leaves its place empty. Between them are `gap` mid-grey pixels.
    """
    import numpy as np

    sequences = [sequence for row in rows for sequence in row if sequence is not None]
    length = max(len(sequence) for sequence in sequences)
    height, width = sequences[0].shape[1:3]
    columns = max(len(row) for row in rows)
    canvas = np.full(
        (length, len(rows) * (height + gap) - gap, columns * (width + gap) - gap, 3),
        128,
        dtype=np.uint8,
    )
    for i, row in enumerate(rows):
        for j, sequence in enumerate(row):
            if sequence is None:
                continue
            y, x = i * (height + gap), j * (width + gap)
            held = sequence[np.minimum(np.arange(length), len(sequence) - 1)]
            canvas[:, y : y + height, x : x + width] = held
    return canvas


def gif(frames: np.ndarray, budget: int = BUDGET) -> bytes:
    """A looping GIF of (N, H, W, 3) uint8 frames, at most `budget` bytes where that is possible.

    The palette is shared by all frames, so that flat areas do not flicker; the last frame, the
    result, stays longest.
    """
    most, colours = MOST_FRAMES, 256
    while True:
        data = _encode(frames[evenly(len(frames), most)], colours)
        if len(data) <= budget or (most <= 8 and colours <= 16):
            return data
        if most > 24:
            most = most * 2 // 3
        elif colours > 32:
            colours //= 2
        else:
            most, colours = max(8, most * 2 // 3), 16


def sprite(frames: np.ndarray) -> Image:
    """All frames side by side in one picture, for a scrubber: (N, H, W, 3) -> (H, N·W, 3)."""
    import numpy as np
    from PIL import Image

    return Image.fromarray(np.concatenate(list(rgb(frames)), axis=1))


def rgb(frames: np.ndarray) -> np.ndarray:
    """(N, H, W, 1 or 3) uint8 as (N, H, W, 3)."""
    import numpy as np

    return frames if frames.shape[-1] == 3 else np.repeat(frames, 3, axis=-1)


def _encode(frames: np.ndarray, colours: int) -> bytes:
    import numpy as np
    from PIL import Image

    sample = frames[evenly(len(frames), 12)]
    montage = Image.fromarray(np.concatenate(list(sample), axis=0))
    palette = montage.quantize(colours, method=Image.Quantize.MEDIANCUT)
    images = [
        Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE)
        for frame in frames
    ]
    durations = [FRAME_MS] * (len(images) - 1) + [LAST_FRAME_MS]
    buffer = io.BytesIO()
    images[0].save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=images[1:],
        duration=durations,
        loop=0,
        optimize=False,
        disposal=1,
    )
    return buffer.getvalue()

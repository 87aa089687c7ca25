"""A kaleidoscope's mirrors, in a way that can be undone.

The diagonals cut the picture into four triangles, and each is mirrored in its own axis. A real
kaleidoscope shows one wedge many times and loses the others: nothing could lead back from it, and
noise seen through it would not be independent. This one only moves pixels, so it is orthogonal,
and its own inverse.
"""

from __future__ import annotations

import torch


def kaleidoscope(size: int, seed: int) -> torch.Tensor:
    """Which pixel each place shows: (size²,), a permutation. seed: not used."""
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    down, right = 2 * y - (size - 1), 2 * x - (size - 1)  # from the middle, in half pixels
    above_or_below = down.abs() > right.abs()
    beside = right.abs() > down.abs()
    pixels = torch.arange(size * size).reshape(size, size)
    mirrored = torch.where(above_or_below, pixels.flip(1), pixels)
    return torch.where(beside, pixels.flip(0), mirrored).flatten()

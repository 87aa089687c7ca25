"""Quantiles of many images at once, without sorting them."""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor


def quantile(images: Tensor, q: float) -> Tensor:
    """The q-quantile of each image's values, interpolated linearly between neighbours.

    images: (B, …), finite; q in [0, 1]. Returns (B, 1, …, 1), equal to `torch.quantile` of each
    image bit for bit. `torch.quantile` sorts all values; this finds only those above the quantile.
    """
    values = images.flatten(1)
    below, above, weight = _place(values.shape[1], q)
    largest = values.topk(values.shape[1] - below, dim=1).values
    low, high = largest[:, -1], largest[:, below - above - 1]
    return low.lerp_(high, weight).view(-1, *(1 for _ in images.shape[1:]))


@cache
def _place(count: int, q: float) -> tuple[int, int, float]:
    """Between which of `count` sorted values the quantile lies, and its fractional position there.

    torch rounds the position, and not every version in the same way. So the position is the
    quantile of a step from 0 to 1 between the two values.
    """
    below = math.floor(torch.tensor(q, dtype=torch.float32).item() * (count - 1))
    step = torch.zeros(count)
    step[below + 1 :] = 1
    return below, min(below + 1, count - 1), step.quantile(q).item()

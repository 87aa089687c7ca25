"""What the judge learns from: drawings of all sets alike, and what a generator may make of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn import functional as F

from emoji_if.captions import MEDIA, Plan, Shown
from emoji_if.stream import Stream, pixels
from emoji_if.things import Thing

PLAIN = 0.5
"""The share of plain pictures; the other media share the rest as in the generator's training."""

JUDGED_KINDS = {"alone": 0.8, "coloured": 0.12, "placed": 0.08}
"""Kinds of picture by their shares; none shows a second thing."""


Uniform = Callable[[float, float], Tensor]
"""A number for each picture, (B,), between two bounds."""


class EvenPlan(Plan):
    """Every name as often as any other, and alone."""

    def __init__(self, things: Sequence[Thing]) -> None:
        super().__init__(things, vague=False)
        others = [name for name in MEDIA if name != "plain"]
        shares = np.array([MEDIA[name][0] for name in others])
        self._media = ["plain", *others]
        self._shares = np.array([PLAIN, *((1 - PLAIN) * shares / shares.sum())])
        self._weights = np.full(len(things), 1 / len(things))

    def draw(self, rng: Generator) -> Shown:
        kind = str(rng.choice(list(JUDGED_KINDS), p=list(JUDGED_KINDS.values())))
        medium = str(rng.choice(self._media, p=self._shares))
        return self.told(self._thing(rng), medium, rng, kind)


class Labelled(NamedTuple):
    """Pictures (N, S, S, 3) uint8 and the numbers of their names (N,)."""

    images: Tensor
    things: Tensor


def pool(stream: Stream, count: int) -> Labelled:
    """At least `count` pictures."""
    images: list[Tensor] = []
    things: list[Tensor] = []
    while sum(map(len, things)) < count:
        batch = stream.take()
        images.append(batch.images.clone())
        things.append(batch.things.clone())
    return Labelled(torch.cat(images), torch.cat(things))


def spoilt(images: Tensor, size: int) -> Tensor:
    """(B, S, S, 3) uint8 to (B, 3, size, size) in [-1, 1], each spoilt in its own way.

    Moved, scaled, turned, mirrored; hue, tint, contrast and light changed; blurred, noised, with a
    patch missing: a name is to be told by its shape, however a generator errs.
    """
    pictures = pixels(images)
    count, device = len(pictures), pictures.device

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(count, *shape, device=device)

    pictures = F.grid_sample(
        pictures, _grid(uniform, count, size), padding_mode="reflection", align_corners=False
    )
    pictures = torch.einsum("bij,bjhw->bihw", _hues(uniform), pictures)
    tint = 1 + 0.12 * torch.randn(count, 3, 1, 1, device=device)
    pictures = pictures * tint * uniform(0.7, 1.15, 1, 1, 1) + uniform(-0.2, 0.2, 1, 1, 1)
    blurred = uniform(0, 1) < 0.35
    if blurred.any():
        cell = int(torch.randint(2, 4, ()))
        small = F.avg_pool2d(pictures[blurred], cell)
        pictures[blurred] = F.interpolate(small, (size, size), mode="bilinear")
    coarse = torch.randn(count, 3, size * 2 // 3, size * 2 // 3, device=device)
    noise = F.interpolate(coarse, (size, size), mode="bilinear")
    pictures = pictures + uniform(0, 1, 1, 1, 1) ** 2 * 0.35 * noise
    patch = uniform(0, 1) < 0.25
    if patch.any():
        side = size // 4
        top, left = (int(v) for v in torch.randint(0, size - side, (2,)))
        pictures[patch, :, top : top + side, left : left + side] = 0
    return pictures.clamp(-1, 1)


def _grid(uniform: Uniform, count: int, size: int) -> Tensor:
    """Where in the picture each pixel is taken from."""
    angle = 0.2 * (2 * uniform(0, 1) - 1)
    zoom = torch.exp2(uniform(-0.35, 0.4))
    aspect = torch.exp2(uniform(-0.15, 0.15))
    mirror = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    x, y = uniform(-0.15, 0.15), uniform(-0.15, 0.15)
    rows = [
        torch.stack([mirror * cos * aspect, -sin, x], 1),
        torch.stack([mirror * sin * aspect, cos, y], 1),
    ]
    return F.affine_grid(torch.stack(rows, 1), [count, 3, size, size], align_corners=False)


def _hues(uniform: Uniform) -> Tensor:
    """(B, 3, 3): hue turned, a little for most and by any angle for a fifth; colour faded."""
    far = uniform(0, 1) < 0.2
    angle = torch.where(far, uniform(-np.pi, np.pi), uniform(-0.25, 0.25))
    fade = torch.where(uniform(0, 1) < 0.1, torch.zeros_like(angle), uniform(0.6, 1.3))
    axis = torch.full((3, 3), 1 / 3, device=angle.device)
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]], device=angle.device) / 3**0.5
    cos, sin = (fade * angle.cos())[:, None, None], (fade * angle.sin())[:, None, None]
    return axis + cos * (torch.eye(3, device=angle.device) - axis) + sin * cross

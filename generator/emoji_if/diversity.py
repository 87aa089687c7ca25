"""Whether seeds are pictures of their own: how far samples of one prompt lie apart, and from data.

Distances are root mean squares of pixels in [-1, 1], at 32 px, so that a shift of a pixel or a
grain counts little; drawings are composed as for the training, of the same thing in one medium.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from emoji_if.captions import Shown
from emoji_if.compose import Composer
from emoji_if.pipelines import draw, load_stage_1
from emoji_if.stream import painted

DRAWINGS = 48
"""Drawings of a thing that its samples are compared with."""


def distances(pictures: Tensor, others: Tensor) -> Tensor:
    """(N, M) of pictures (N, 3, S, S) and others (M, 3, S, S), both in [-1, 1]."""
    a, b = (F.adaptive_avg_pool2d(p, 32).flatten(1) for p in (pictures, others))
    apart: Tensor = torch.cdist(a, b) / a.shape[1] ** 0.5
    return apart


def spread(pictures: Tensor) -> float:
    """Mean distance of two different pictures."""
    apart = distances(pictures, pictures)
    count = len(pictures)
    return apart.sum().item() / (count * (count - 1))


def nearest_other(pictures: Tensor) -> Tensor:
    """(N,): each picture's distance to the nearest of the others."""
    apart = distances(pictures, pictures)
    return (apart + torch.diag(torch.full((len(pictures),), torch.inf))).min(1).values


def clipped(pictures: Tensor) -> float:
    """The part of the values of pictures in [-1, 1] that are as dark or as bright as can be."""
    return (pictures.abs() > 1 - 1 / 255).float().mean().item()


def drawings_of(
    composer: Composer, thing: int, rng: np.random.Generator, count: int = DRAWINGS
) -> Tensor:
    """Composed pictures of a thing, alone: (count, 3, 64, 64) in [-1, 1]."""
    return painted(composer, [Shown(thing, "plain")] * count, 64, rng)


def measure(
    folder: Path, composer: Composer, names: Sequence[int], seeds: int, guidance: float
) -> dict[str, object]:
    """Of an exported folder, over the numbered things: how its seeds differ, and from drawings.

    copied: the share of samples nearer to a drawing than half of that thing's drawings are to
    another one. clipped: as the function says; strong guidance burns colours in, and so has more.
    """
    pipeline, rng = load_stage_1(folder), np.random.default_rng(3)
    rows, copied, burnt = {}, [], []
    for number in names:
        name = composer.things[number].name
        drawn = drawings_of(composer, number, rng)
        sampled = draw(pipeline, [name] * seeds, list(range(seeds)), guidance)
        nearest = distances(sampled, drawn).min(1).values
        usual = nearest_other(drawn).median()
        copied += (nearest < usual).tolist()
        burnt.append((clipped(sampled), clipped(drawn)))
        rows[name] = {
            "samples": round(spread(sampled), 4),
            "drawings": round(spread(drawn), 4),
            "nearest drawing": round(nearest.mean().item(), 4),
            "drawings' nearest": round(usual.item(), 4),
        }
    apart = {key: np.mean([row[key] for row in rows.values()]) for key in ("samples", "drawings")}
    return {
        "seeds": seeds,
        "guidance": guidance,
        "samples over drawings": round(float(apart["samples"] / apart["drawings"]), 4),
        "copied": round(float(np.mean(copied)), 4),
        "clipped": {
            key: round(float(part), 4)
            for key, part in zip(("samples", "drawings"), np.mean(burnt, 0), strict=True)
        },
        "by name": rows,
    }

"""Which drawing a noisy picture shows, and where: Bayes' rule over drawings in many poses.

A picture is taken for one of some drawings, in one of `POSES`, on a ground of one unknown colour.
The mean of the clean picture given the noisy one is then known in closed form, as that of a mixture
of normal distributions is. It is what a network would otherwise have to learn first.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import torch
from torch import Tensor
from torch.nn import functional as F

COARSE = 16
"""Side at which poses are compared: noise is averaged away, and a drawing still recognised."""

POSES = (
    *product((0.8, 1.0, 1.2), (-0.08, 0.0, 0.08), (-0.08, 0.0, 0.08), (1, -1)),
    *product((0.65,), (-0.3, 0.0, 0.3), (0.1, 0.25), (1, -1)),
)
"""Scale, centre x and y (from -1 to 1, y down), and -1 for the other way round."""

CALM_POSES = tuple(product((1.0,), (-0.08, 0.0, 0.08), (-0.08, 0.0, 0.08), (1,)))
"""Few, where it may be any of many drawings."""

LEFT_POSES = tuple(product((0.53, 0.6, 0.67), (-0.54, -0.46, -0.38), (-0.1, 0.06, 0.2), (1, -1)))
"""Of the left one of two things, in a picture of both."""

GROUND_MEAN, GROUND_VARIANCE = 0.5, 0.2
"""Of the ground's colour, a channel, in [-1, 1]."""

MISFIT_VARIANCE = 0.04
"""Of a pixel's difference from the drawing in the best pose: other palettes, light, a medium."""

TOGETHER = 20
"""Neighbouring pixels whose misfits are one: so many times less they count as evidence."""

RENDERED = 8
"""The likeliest drawings in their poses, of which the mean is made."""


Poses = Sequence[tuple[float, float, float, float]]


def inverses(poses: Poses, device: torch.device) -> Tensor:
    """(poses, 2, 3): from places in a picture to places in a drawing, as `affine_grid` takes."""
    rows = [[[f / s, 0, -x * f / s], [0, 1 / s, -y / s]] for s, x, y, f in poses]
    return torch.tensor(rows, device=device)


def parts(drawings: Tensor) -> tuple[Tensor, Tensor]:
    """Colours in [-1, 1] times opacity, and what shows of the ground, of (..., 4, S, S)."""
    colours, opacity = drawings.split((3, 1), dim=-3)
    return 2 * colours - opacity, 1 - opacity


@torch.no_grad()
def expected(drawings: Tensor, noisy: Tensor, abar: Tensor, poses: Poses = POSES) -> Tensor:
    """The mean of the clean picture and of its opacity, (B, 4, S, S) float32.

    drawings: (B, K, 4, S, S) in [0, 1], colours multiplied by opacity, drawn as wide as a picture;
    noisy: (B, 3, H, W) at signal share abar, (1 or B, 1, 1, 1).
    """
    with torch.autocast(noisy.device.type, enabled=False):
        return _expected(drawings.float(), noisy.float(), abar.float(), poses, COARSE)[0]


@torch.no_grad()
def expected_pair(left: Tensor, right: Tensor, noisy: Tensor, abar: Tensor) -> Tensor:
    """As `expected`, of a picture of two things, each half of it by itself."""
    with torch.autocast(noisy.device.type, enabled=False):
        found = [
            _expected(drawings.float(), seen, abar.float(), LEFT_POSES, COARSE // 2)
            for drawings, seen in ((left, noisy.float()), (right, noisy.float().flip(3)))
        ]
    common = (found[0][1] + found[1][1]) / 2
    halves = []
    for half, ground in found:  # on one ground, or there would be an edge between them
        half[:, :3] += (1 - half[:, 3:]) * (common - ground)[..., None, None]
        halves.append(half[..., : left.shape[-1] // 2])
    return torch.cat([halves[0], halves[1].flip(3)], dim=3)


def _expected(
    drawings: Tensor, noisy: Tensor, abar: Tensor, placed: Poses, columns: int
) -> tuple[Tensor, Tensor]:
    """As `expected` says, for drawings in poses `placed`; and the ground's mean colour, (B, 3).

    The first `columns` of COARSE decide.
    """
    count, kept, _, side, _ = drawings.shape
    poses = inverses(placed, drawings.device)
    seen = F.adaptive_avg_pool2d(noisy, COARSE) / abar.sqrt()
    averaged = noisy.shape[2] * noisy.shape[3] / COARSE**2
    noise = ((1 - abar) / abar / averaged).view(-1, 1)
    variance = noise + MISFIT_VARIANCE

    small = F.adaptive_avg_pool2d(drawings.flatten(1, 2), COARSE)
    grid = F.affine_grid(poses, [len(poses), 1, COARSE, COARSE], align_corners=False)
    spread = grid.repeat(count, 1, 1, 1)
    posed = F.grid_sample(small.repeat_interleave(len(poses), 0), spread, align_corners=False)
    colours, ground = parts(posed.view(count, -1, 4, COARSE, COARSE)[..., :columns])
    colours = (colours + GROUND_MEAN * ground).flatten(3)  # (B, J, 3, pixels)
    ground = ground.flatten(2)  # (B, J, pixels)
    pixels = seen[..., :columns].flatten(2)  # (B, 3, pixels)

    # With r = pixels - colours: r.r and ground.r, without ever making r.
    squares = (
        pixels.square().sum((1, 2))[:, None]
        - 2 * (colours.flatten(2) @ pixels.flatten(1)[..., None])[..., 0]
        + colours.square().sum((2, 3))
    )
    across = ground @ pixels.mT - torch.einsum("bjcp,bjp->bjc", colours, ground)
    shrunk = ground.square().sum(2) + variance / GROUND_VARIANCE
    offset = across / shrunk[..., None]  # (B, J, 3): the ground's colour, less GROUND_MEAN
    evidence = 1 + (TOGETHER - 1) * MISFIT_VARIANCE / variance
    likelihood = -(squares - (offset * across).sum(2)) / (2 * variance) - 1.5 * shrunk.log()

    shares, chosen = (likelihood / evidence).softmax(1).topk(min(RENDERED, likelihood.shape[1]))
    shares = shares / shares.sum(1, keepdim=True)
    offset = offset.gather(1, chosen[..., None].expand(-1, -1, 3))
    which = drawings[torch.arange(count, device=chosen.device)[:, None], chosen % kept]
    grid = F.affine_grid(
        poses[chosen // kept].flatten(0, 1), [chosen.numel(), 1, side, side], align_corners=False
    )
    drawn = F.grid_sample(which.flatten(0, 1), grid, align_corners=False).view_as(which)
    colours, ground = parts(drawn)
    grounds = GROUND_MEAN + offset
    both = torch.cat([colours + ground * grounds[..., None, None], 1 - ground], dim=2)
    return torch.einsum("bj,bjchw->bchw", shares, both), torch.einsum("bj,bjc->bc", shares, grounds)

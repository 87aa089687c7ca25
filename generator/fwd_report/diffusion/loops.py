"""The one sampling loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import Tensor

from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.process import Process
from fwd_report.diffusion.program import Estimator, Program

Constraint = Callable[[Tensor, float], Tensor]
"""constrain(x, t) -> the image that takes x's place after a step to time t."""


def denoise(
    process: Process,
    x: Tensor,
    timesteps: Sequence[float],
    estimate: Estimator,
    noise: Noise,
    constrain: Constraint | None = None,
) -> Program[list[Tensor]]:
    """Go down `timesteps` from x, which is at the first of them; return every x_t on the way.

    x: (C, H, W). The result has one tensor for each timestep, x itself first. `constrain` is
    applied after each step and may draw from the same noise, after that step's own draw.
    """
    trajectory = [x]
    for t, t_next in pairwise(timesteps):
        prediction = yield from estimate(x, t)
        x = process.step(x, t, t_next, prediction, noise)
        if constrain is not None:
            x = constrain(x, t_next)
        trajectory.append(x)
    return trajectory

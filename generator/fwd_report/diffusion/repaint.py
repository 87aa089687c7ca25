"""RePaint's resampling: steps that are undone by noise and made again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

from torch import Tensor

from fwd_report.diffusion.loops import Constraint
from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.process import Process
from fwd_report.diffusion.program import Estimator, Program
from fwd_report.diffusion.steps import step


class Leveled(Process, Protocol):
    """A process of whose noise levels the signal's share of the variance is known."""

    def alpha_bar_at(self, t: float) -> float:
        """ᾱ_t."""


def leveled(process: Process) -> Leveled:
    """The same process. Raises ValueError for one whose noise levels are not known."""
    if not hasattr(process, "alpha_bar_at"):
        raise ValueError("resampling is for processes with alpha_bar_at, such as DDPM and DDIM")
    return process  # type: ignore[return-value]


def denoise_again(
    process: Leveled,
    x: Tensor,
    visited: Sequence[float],
    estimate: Estimator,
    noise: Noise,
    constrain: Constraint,
) -> Program[Tensor]:
    """Go through times as `resampled` orders them (Lugmayr et al. 2022, algorithm 1).

    A step down is one of `denoise`, with `constrain` after it. A step up to a noisier time is a
    draw from q(x_t' | x_t) = N(√α · x_t, (1−α) · I), α = ᾱ_t' / ᾱ_t: one tensor of noise.
    """
    for t, t_next in pairwise(visited):
        a, a_next = process.alpha_bar_at(t), process.alpha_bar_at(t_next)
        if a_next < a:
            α = a_next / a
            x = math.sqrt(α) * x + math.sqrt(1 - α) * noise.draw(x.shape)
            continue
        prediction = yield from estimate(x, t)
        x = yield from step(process, x, t, t_next, prediction, noise)
        x = constrain(x, t_next)
    return x

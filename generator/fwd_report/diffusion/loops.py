"""The one sampling loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import Tensor

from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.process import Process
from fwd_report.diffusion.program import Estimator, Program
from fwd_report.diffusion.steps import step

Constraint = Callable[[Tensor, float], Tensor]
"""constrain(x, t) -> the image that replaces x after a step to time t."""
LAST = (-1,)


def denoise(
    process: Process,
    x: Tensor,
    timesteps: Sequence[float],
    estimate: Estimator,
    noise: Noise,
    constrain: Constraint | None = None,
    keep: Sequence[int] = LAST,
) -> Program[list[Tensor]]:
    """Step down `timesteps` from x, the image at the first of them; return the images at `keep`.

    x: (C, H, W). keep: indices into `timesteps`, in this order: by default only the last, with
    `range(len(timesteps))` every one; other images are not held in memory. `constrain` is applied
    after each step and may draw from the same noise, after that step's own draw.
    """
    places = [range(len(timesteps))[index] for index in keep]
    wanted = set(places)
    last, kept = len(timesteps) - 1, {0: x} if 0 in wanted else {}
    for place, (t, t_next) in enumerate(pairwise(timesteps), start=1):
        prediction = yield from estimate(x, t)
        x = yield from step(process, x, t, t_next, prediction, noise)
        if constrain is not None:
            x = constrain(x, t_next)
        if place in wanted:
            # A row of a batch would hold the whole batch.
            kept[place] = x if place == last else x.clone()
    return [kept[place] for place in places]

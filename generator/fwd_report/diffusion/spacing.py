"""Which timesteps a loop goes through; no torch, so that a plan can count them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Spacing = Literal["leading", "linspace", "trailing"]


def spaced(T: int, steps: int, spacing: Spacing) -> list[int]:
    """`steps` of the timesteps 0 … T-1 at equal distance, noisiest first.

    As table 2 of Lin et al. 2024 (*Common Diffusion Noise Schedules*) and diffusers call them:
    "leading" begins below T-1 and ends at 0, "linspace" goes from T-1 to 0, "trailing" from T-1 to
    above 0. Raises ValueError for more steps than there are timesteps.
    """
    if not 1 <= steps <= T:
        raise ValueError(f"steps must be between 1 and {T}, not {steps}")
    if spacing == "leading":
        return list(range((steps - 1) * (T // steps), -1, -(T // steps)))
    if spacing == "trailing":
        stride = T - (T - T / steps)  # rounded as numpy's arange, which diffusers asks, rounds it
        return [round(T - k * stride) - 1 for k in range(steps)]
    stride = (T - 1) / (steps - 1) if steps > 1 else 0.0
    return [round(k * stride) for k in reversed(range(steps))]


def resampled(times: Sequence[float], jump: int, count: int) -> list[float]:
    """The times in the order in which RePaint visits them (Lugmayr et al. 2022, figure 9).

    times: of a loop, noisiest first. After every `jump` steps these are undone by noise and made
    again, until they were made `count` times. A time that is noisier than the one before it is
    reached by noise.
    """
    last = len(times) - 1
    left = dict.fromkeys(range(0, last - jump, jump), count - 1)
    visited, level = [times[0]], last - 1
    while level >= 0:
        visited.append(times[last - level])
        again = left.get(level, 0) > 0
        if again:
            left[level] -= 1
            visited += [times[last - level - up] for up in range(1, jump + 1)]
            level += jump
        level -= 1
    return visited

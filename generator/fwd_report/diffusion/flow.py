"""Flow matching along straight paths (Lipman et al. 2023; Liu et al. 2023), solved by Euler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.program import Prediction
from fwd_report.diffusion.rows import PerRow
from fwd_report.outside import outside_keys

ROUNDING = 1e-6
"""By how much a sum of steps may miss 0 and 1."""


@dataclass(frozen=True)
class Flow:
    """x_t = (1−t) · ε + t · x_1 for t in [0, 1]; the model predicts the velocity v = x_1 − ε.

    steps: of the default loop. Time runs from 0, pure noise, to 1, a clean image.
    """

    steps: int = 50

    def timesteps(self, steps: int | None = None) -> list[float]:
        """0, 1/N, …, 1 for N steps. Raises ValueError for fewer than one."""
        count = self.steps if steps is None else steps
        if count < 1:
            raise ValueError(f"steps must be at least 1, not {count}")
        return [i / count for i in range(count + 1)]

    @outside_keys
    def check_time(self, t: float) -> None:
        """Raise ValueError for a time at which no model can be asked."""
        if not -ROUNDING <= t <= 1 + ROUNDING:
            raise ValueError("the model's times are the numbers from 0 to 1")

    def forward(self, x0: Tensor, t: float, noise: Tensor) -> Tensor:
        """x_t = (1−t) · ε + t · x_1, with `noise` as ε and `x0` as the clean x_1."""
        return (1 - t) * noise + t * x0

    def clean(self, xt: Tensor, t: float, prediction: Prediction) -> Tensor:
        """x̂_1 = x_t + (1−t) · v, the end of the straight path through x_t."""
        return xt + (1 - t) * prediction.value

    def step(
        self, xt: Tensor, t: float, t_next: float, prediction: Prediction, noise: Noise
    ) -> Tensor:
        """x_t' = x_t + (t' − t) · v; draws no noise."""
        return xt + (t_next - t) * prediction.value

    def draws(self, t: float, t_next: float) -> bool:
        """No step draws noise."""
        return False

    def step_many(
        self,
        xt: Tensor,
        t: Sequence[float],
        t_next: Sequence[float],
        prediction: Prediction,
        noise: Tensor | None,
    ) -> Tensor:
        """`step` for B images."""
        (length,) = _LENGTHS(t, t_next, xt)
        return (length * prediction.value).add_(xt)


_LENGTHS = PerRow(lambda t, t_next: (t_next - t,))

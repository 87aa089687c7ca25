"""Additive Gaussian noise, removed in one step: the process of Part B's first denoiser."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.program import Prediction


@dataclass(frozen=True)
class AdditiveNoise:
    """z = x + σε, where the time is σ itself; the model predicts the clean x.

    sigma: the σ that the model was trained at, where its one-step loop starts.
    """

    sigma: float

    def timesteps(self, steps: int | None = None) -> list[float]:
        """σ and then 0: one model call. Raises ValueError for any other number of steps."""
        if steps not in (None, 1):
            raise ValueError(f"a one-step denoiser takes 1 step, not {steps}")
        return [self.sigma, 0.0]

    def forward(self, x0: Tensor, t: float, noise: Tensor) -> Tensor:
        """Noise at level σ = `t`: z = x + σε, with `noise` as ε."""
        return x0 + t * noise

    def clean(self, xt: Tensor, t: float, prediction: Prediction) -> Tensor:
        """The prediction itself: the model predicts the clean image."""
        return prediction.value

    def step(
        self, xt: Tensor, t: float, t_next: float, prediction: Prediction, noise: Noise
    ) -> Tensor:
        """The clean image; draws no noise."""
        return prediction.value

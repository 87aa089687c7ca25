"""What every diffusion process can do; nothing above it may assume which one it is."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.program import Prediction


class Process(Protocol):
    """A family of distributions from clean images to pure noise, and one step of the way back."""

    def timesteps(self, steps: int | None = None) -> list[float]:
        """The times of a full sampling loop, noisiest first; the model is not asked at the last.

        steps: how many steps; None: the process's own default.
        """

    def forward(self, x0: Tensor, t: float, noise: Tensor) -> Tensor:
        """Noise a clean image to time t with the given draw."""

    def clean(self, xt: Tensor, t: float, prediction: Prediction) -> Tensor:
        """The estimate of the clean image that the prediction implies."""

    def step(
        self, xt: Tensor, t: float, t_next: float, prediction: Prediction, noise: Noise
    ) -> Tensor:
        """One step from time t to the less noisy t_next; draws from `noise` what it needs."""

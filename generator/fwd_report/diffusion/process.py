"""What every diffusion process can do; nothing above it may assume which one it is."""

from __future__ import annotations

from collections.abc import Sequence
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


class BatchedProcess(Process, Protocol):
    """A process that can also take the steps of many images at once, each at a time of its own.

    One that cannot is asked for `step` image by image. Processes that compare equal share batches,
    so a process that is made anew for each run should be a frozen dataclass.
    """

    def draws(self, t: float, t_next: float) -> bool:
        """Whether that step draws a tensor of noise; it never draws more than one."""

    def step_many(
        self,
        xt: Tensor,
        t: Sequence[float],
        t_next: Sequence[float],
        prediction: Prediction,
        noise: Tensor | None,
    ) -> Tensor:
        """Each image's step, equal to `step` of that image alone.

        xt, the prediction's tensors, noise and the answer are (B, C, H, W) on one device; t and
        t_next have B numbers. noise: the draws of the steps; None: none of them draws. Nothing is
        read back from the device. What depends on an image's times is best kept in a `PerRow`.
        """

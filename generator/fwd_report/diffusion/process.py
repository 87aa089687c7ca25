"""What every diffusion process can do; code outside this package must not assume a particular
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.program import Prediction


class Process(Protocol):
    """A family of distributions from clean images to pure noise, and a step back towards the clean
    image.

    It may have `check_time(t)`, which raises ValueError for a time at which its models cannot be
    asked; otherwise no time is refused.
    """

    def timesteps(self, steps: int | None = None) -> list[float]:
        """The times of a full sampling loop, noisiest first; the model is not queried at the last.

        steps: how many steps; None: the default of the process.
        """

    def forward(self, x0: Tensor, t: float, noise: Tensor) -> Tensor:
        """Noise a clean image to time t with the given draw."""

    def clean(self, xt: Tensor, t: float, prediction: Prediction) -> Tensor:
        """The estimate of the clean image that the prediction implies."""

    def step(
        self, xt: Tensor, t: float, t_next: float, prediction: Prediction, noise: Noise
    ) -> Tensor:
        """One step from time t to the less noisy t_next; draws the noise it needs from `noise`."""


class BatchedProcess(Process, Protocol):
    """A process that can also step many images at once, each at its own time.

    For other processes `step` is called image by image. Processes that compare equal share batches,
    so a process that is created anew for each run should be a frozen dataclass.
    """

    def draws(self, t: float, t_next: float) -> bool:
        """Whether that step draws a tensor of noise; a step never draws more than one."""

    def step_many(
        self,
        xt: Tensor,
        t: Sequence[float],
        t_next: Sequence[float],
        prediction: Prediction,
        noise: Tensor | None,
    ) -> Tensor:
        """The step of each image, equal to `step` of that image alone.

        xt, the tensors of the prediction, noise and the result are (B, C, H, W) on one device; t
        and t_next have B numbers. noise: the draws of the steps; None: no step draws. Nothing is
        read back from the device. Numbers that depend on the times of an image are best kept in a
        `PerRow`.
        """

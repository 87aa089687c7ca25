"""Denoising diffusion probabilistic models (Ho et al. 2020), with strided steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.program import Prediction

CLEAN = -1
"""The time after 0, at which ᾱ = 1: a fully clean image."""


@dataclass(frozen=True)
class Threshold:
    """Dynamic thresholding of the clean estimate (Saharia et al. 2022, section 2.3).

    percentile: of the absolute values, taken as s ≥ 1; the estimate is clamped to [-s, s] and
    divided by s. maximum: s is at most that; 1 makes it plain clipping to [-1, 1].
    """

    percentile: float = 0.995
    maximum: float = math.inf

    def __call__(self, x0: Tensor) -> Tensor:
        """The thresholded estimate; x0: (C, H, W), a clean range of [-1, 1]."""
        s = x0.abs().flatten().quantile(self.percentile).clamp(1, self.maximum)
        return x0.clamp(-s, s) / s


@dataclass(frozen=True, eq=False)
class DDPM:
    """x_t = √ᾱ_t · x_0 + √(1−ᾱ_t) · ε for integer t in 0 … T-1; the model predicts ε.

    betas: (T,) float32. variance: of a step's noise: "learned_range" interpolates, in the log,
    between the posterior's and β by the model's extra channels (Nichol & Dhariwal 2021, eq. 15);
    "fixed_large" is β of the step. default: the times of `timesteps()`. threshold: what is done
    to the clean estimate before a step's mean is taken; None: nothing.
    """

    betas: Tensor
    variance: Literal["learned_range", "fixed_large"]
    default: Sequence[int]
    threshold: Threshold | None = None

    @classmethod
    def squaredcos_cap_v2(cls, T: int = 1000, threshold: Threshold | None = None) -> DDPM:
        """The cosine schedule of text-to-image models (Nichol & Dhariwal 2021, eq. 17).

        Its default loop is the assignment's: range(990, -1, -30), ending at t = 0.
        """

        def alpha_bar(u: float) -> float:
            return math.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2

        betas = [min(1 - alpha_bar((t + 1) / T) / alpha_bar(t / T), 0.999) for t in range(T)]
        stride = max(1, T * 30 // 1000)
        return cls(
            torch.tensor(betas, dtype=torch.float32),
            "learned_range",
            range((T - 1) // stride * stride, -1, -stride),
            threshold,
        )

    @classmethod
    def linear(cls, T: int = 300, beta_start: float = 1e-4, beta_end: float = 0.02) -> DDPM:
        """β from beta_start to beta_end in equal steps; every timestep, then the clean image."""
        betas = torch.linspace(beta_start, beta_end, T, dtype=torch.float32)
        return cls(betas, "fixed_large", [*range(T - 1, -1, -1), CLEAN])

    def __post_init__(self) -> None:
        object.__setattr__(self, "_alpha_bar", torch.cumprod(1 - self.betas, 0))
        object.__setattr__(self, "_alpha_bars", self.alpha_bar.double().tolist())

    @property
    def T(self) -> int:
        """How many noise levels there are."""
        return len(self.betas)

    @property
    def alpha_bar(self) -> Tensor:
        """ᾱ_t = Π (1 − β_s) for s ≤ t: (T,) float32."""
        return self._alpha_bar  # type: ignore[attr-defined, no-any-return]

    def alpha_bar_at(self, t: float) -> float:
        """ᾱ_t, and 1 at the time -1 of the clean image."""
        return 1.0 if t == CLEAN else self._alpha_bars[int(t)]  # type: ignore[attr-defined]

    def timesteps(self, steps: int | None = None) -> list[float]:
        """The default loop, or `steps` times at equal distance down to 0 and then the clean image.

        The latter is what diffusers calls "leading" spacing. Raises ValueError for more steps
        than there are timesteps.
        """
        if steps is None:
            return list(self.default)
        if not 1 <= steps <= self.T:
            raise ValueError(f"steps must be between 1 and {self.T}, not {steps}")
        stride = self.T // steps
        return [*range((steps - 1) * stride, -1, -stride), CLEAN]

    def forward(self, x0: Tensor, t: float, noise: Tensor) -> Tensor:
        """x_t = √ᾱ_t · x_0 + √(1−ᾱ_t) · ε, with `noise` as ε; any shape."""
        a = self.alpha_bar_at(t)
        return math.sqrt(a) * x0 + math.sqrt(1 - a) * noise

    def clean(self, xt: Tensor, t: float, prediction: Prediction) -> Tensor:
        """x̂_0 = (x_t − √(1−ᾱ_t) · ε̂) / √ᾱ_t."""
        a = self.alpha_bar_at(t)
        return (xt - math.sqrt(1 - a) * prediction.value) / math.sqrt(a)

    def step(
        self, xt: Tensor, t: float, t_next: float, prediction: Prediction, noise: Noise
    ) -> Tensor:
        """A draw from q(x_t' | x_t, x̂_0), Ho et al. 2020 eq. 6 and 7 with ᾱ_t / ᾱ_t' for α.

        Draws one tensor of noise, and none where t_next is the clean image. Raises ValueError if
        the variance is learned and the prediction has none.
        """
        a, a_next = self.alpha_bar_at(t), self.alpha_bar_at(t_next)
        α = a / a_next
        β = 1 - α
        x0 = self.clean(xt, t, prediction)
        if self.threshold is not None:
            x0 = self.threshold(x0)
        mean = math.sqrt(a_next) * β / (1 - a) * x0 + math.sqrt(α) * (1 - a_next) / (1 - a) * xt
        if t_next == CLEAN:
            return mean
        return mean + self._deviation(a, a_next, β, prediction) * noise.draw(xt.shape)

    def _deviation(
        self, a: float, a_next: float, β: float, prediction: Prediction
    ) -> Tensor | float:
        """The standard deviation σ_t of a step from ᾱ_t = a to ᾱ_t' = a_next."""
        if self.variance == "fixed_large":
            return math.sqrt(β)
        if prediction.variance is None:
            raise ValueError("this process needs the variance that the model predicts")
        smallest = math.log(max((1 - a_next) / (1 - a) * β, 1e-20))
        largest = math.log(β)
        share = (prediction.variance + 1) / 2
        return torch.exp(0.5 * (share * largest + (1 - share) * smallest))

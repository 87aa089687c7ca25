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
from fwd_report.diffusion.quantiles import quantile
from fwd_report.diffusion.rows import PerRow, numbers
from fwd_report.outside import outside_keys

CLEAN = -1
"""The time after 0, at which ᾱ = 1: a fully clean image."""
NO_VARIANCE = "this process needs the variance that the model predicts"


@dataclass(frozen=True)
class Threshold:
    """Dynamic thresholding of the clean estimate (Saharia et al. 2022, section 2.3).

    percentile: of the absolute values; s is its value, at least 1. The estimate is clamped to [-s,
    s] and divided by s. maximum: the upper bound of s; 1 makes this plain clipping to [-1, 1].
    """

    percentile: float = 0.995
    maximum: float = math.inf

    def __call__(self, x0: Tensor) -> Tensor:
        """The thresholded estimate; x0: (C, H, W), with a clean range of [-1, 1]."""
        s = x0.abs().flatten().quantile(self.percentile).clamp(1, self.maximum)
        return x0.clamp(-s, s) / s

    def many_(self, x0: Tensor) -> Tensor:
        """The same for each image of (B, C, H, W), in place."""
        if self.maximum != 1:  # else s is 1 whatever the percentile
            s = torch.maximum(quantile(x0.abs(), self.percentile), numbers([1.0], x0.device))
            if self.maximum != math.inf:
                s = torch.minimum(s, numbers([self.maximum], x0.device))
            x0.div_(s)  # and then to [-1, 1], which is the same as to [-s, s] before
        return _within_one_(x0)


@dataclass(frozen=True, eq=False)
class DDPM:
    """x_t = √ᾱ_t · x_0 + √(1−ᾱ_t) · ε for integer t in 0 … T-1; the model predicts ε.

    betas: (T,) float32. variance: of the noise of a step: "learned_range" interpolates, in the log,
    between the posterior's variance and β by the model's extra channels (Nichol & Dhariwal 2021,
    eq. 15); "fixed_large" is β of the step. default: the times of `timesteps()`. threshold: applied
    to the clean estimate before the mean of a step is computed; None: nothing is.
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
        """β from beta_start to beta_end in equal steps; the loop visits every timestep, then the
        clean image.
        """
        betas = torch.linspace(beta_start, beta_end, T, dtype=torch.float32)
        return cls(betas, "fixed_large", [*range(T - 1, -1, -1), CLEAN])

    def __post_init__(self) -> None:
        object.__setattr__(self, "_alpha_bar", torch.cumprod(1 - self.betas, 0))
        object.__setattr__(self, "_alpha_bars", self.alpha_bar.double().tolist())
        object.__setattr__(self, "_per_row", PerRow(self._numbers))

    def __eq__(self, other: object) -> bool:
        """Whether it is the same process: the identical betas object, and equal in all other
        fields.
        """
        return (
            isinstance(other, DDPM)
            and self.betas is other.betas
            and (self.variance, self.threshold) == (other.variance, other.threshold)
        )

    def __hash__(self) -> int:
        return hash((id(self.betas), self.variance, self.threshold))

    @property
    def T(self) -> int:
        """The number of noise levels."""
        return len(self.betas)

    @property
    def alpha_bar(self) -> Tensor:
        """ᾱ_t = Π (1 − β_s) for s ≤ t: (T,) float32."""
        return self._alpha_bar  # type: ignore[attr-defined, no-any-return]

    def alpha_bar_at(self, t: float) -> float:
        """ᾱ_t, which is 1 at the time -1 of the clean image."""
        return 1.0 if t == CLEAN else self._alpha_bars[int(t)]  # type: ignore[attr-defined]

    def timesteps(self, steps: int | None = None) -> list[float]:
        """The default loop, or `steps` equally spaced times down to 0, and then the clean image.

        The spacing is the one that diffusers calls "leading". Raises ValueError for more steps than
        there are timesteps.
        """
        if steps is None:
            return list(self.default)
        if not 1 <= steps <= self.T:
            raise ValueError(f"steps must be between 1 and {self.T}, not {steps}")
        stride = self.T // steps
        return [*range((steps - 1) * stride, -1, -stride), CLEAN]

    @outside_keys
    def check_time(self, t: float) -> None:
        """Raise ValueError for a time at which no model can be asked."""
        if not (0 <= t < self.T and t == int(t)):
            raise ValueError(f"the model's times are the whole numbers from 0 to {self.T - 1}")

    def forward(self, x0: Tensor, t: float, noise: Tensor) -> Tensor:
        """x_t = √ᾱ_t · x_0 + √(1−ᾱ_t) · ε, with `noise` as ε; of any shape."""
        a = self.alpha_bar_at(t)
        return math.sqrt(a) * x0 + math.sqrt(1 - a) * noise

    def clean(self, xt: Tensor, t: float, prediction: Prediction) -> Tensor:
        """x̂_0 = (x_t − √(1−ᾱ_t) · ε̂) / √ᾱ_t."""
        a = self.alpha_bar_at(t)
        return (xt - math.sqrt(1 - a) * prediction.value) / math.sqrt(a)

    def step(
        self, xt: Tensor, t: float, t_next: float, prediction: Prediction, noise: Noise
    ) -> Tensor:
        """A draw from q(x_t' | x_t, x̂_0), Ho et al. 2020 eq. 6 and 7 with ᾱ_t / ᾱ_t' as α.

        Draws one tensor of noise, and none if t_next is the clean image. Raises ValueError if the
        variance is learned and the prediction has none.
        """
        *_, on_x0, on_xt, _, _ = self._numbers(t, t_next)
        x0 = self.clean(xt, t, prediction)
        if self.threshold is not None:
            x0 = self.threshold(x0)
        mean = on_x0 * x0 + on_xt * xt
        if t_next == CLEAN:
            return mean
        return mean + self._deviation(t, t_next, prediction) * noise.draw(xt.shape)

    def draws(self, t: float, t_next: float) -> bool:
        """Every step but the one to the clean image draws noise."""
        return t_next != CLEAN

    def step_many(
        self,
        xt: Tensor,
        t: Sequence[float],
        t_next: Sequence[float],
        prediction: Prediction,
        noise: Tensor | None,
    ) -> Tensor:
        """`step` for B images: the same operations in the same order, in place where possible."""
        per_row: PerRow = self._per_row  # type: ignore[attr-defined]
        minus_on_noise, on_signal, on_x0, on_xt, constant, slope = per_row(t, t_next, xt)
        x0 = (minus_on_noise * prediction.value).add_(xt).div_(on_signal)
        if self.threshold is not None:
            x0 = self.threshold.many_(x0)
        x = x0.mul_(on_x0).add_(on_xt * xt)
        if noise is None:
            return x
        if self.variance == "fixed_large":
            return x.add_(constant * noise)
        if prediction.variance is None:
            raise ValueError(NO_VARIANCE)
        return x.add_((prediction.variance * slope).add_(constant).exp_().mul_(noise))

    def _numbers(self, t: float, t_next: float) -> tuple[float, ...]:
        """The numbers of a step: −√(1−ᾱ_t), √ᾱ_t, the factors of x̂_0 and x_t, and two for σ_t.

        If the variance is learned, log σ_t is a line in the model's output v: its value at v = 0,
        and its slope. At v = -1, σ_t² is the posterior's variance, and at v = 1 it is β. Otherwise
        the two are σ_t and 0.
        """
        a, a_next = self.alpha_bar_at(t), self.alpha_bar_at(t_next)
        α = a / a_next
        β = 1 - α
        if self.variance == "fixed_large":
            constant, slope = math.sqrt(β), 0.0
        else:
            smallest = math.log(max((1 - a_next) / (1 - a) * β, 1e-20))
            largest = math.log(β)
            constant, slope = (largest + smallest) / 4, (largest - smallest) / 4
        return (
            -math.sqrt(1 - a),
            math.sqrt(a),
            math.sqrt(a_next) * β / (1 - a),
            math.sqrt(α) * (1 - a_next) / (1 - a),
            constant,
            slope,
        )

    def _deviation(self, t: float, t_next: float, prediction: Prediction) -> Tensor | float:
        """The standard deviation σ_t of a step."""
        *_, constant, slope = self._numbers(t, t_next)
        if self.variance == "fixed_large":
            return constant
        if prediction.variance is None:
            raise ValueError(NO_VARIANCE)
        return torch.exp(prediction.variance * slope + constant)


def _within_one_(x: Tensor) -> Tensor:
    """Clamp x to [-1, 1] in place, and return it."""
    low, high = numbers([-1.0], x.device), numbers([1.0], x.device)
    return torch.minimum(torch.maximum(x, low, out=x), high, out=x)

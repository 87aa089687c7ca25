"""Denoising diffusion implicit models (Song et al. 2021): other steps of a DDPM's process."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from fwd_report.diffusion.ddpm import CLEAN, DDPM
from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.program import Prediction
from fwd_report.diffusion.rows import PerRow
from fwd_report.outside import outside_keys


@dataclass(frozen=True)
class DDIM:
    """x_t' = √ᾱ_t' · x̂_0 + √(1−ᾱ_t'−σ²) · ε̂ + σ · z (eq. 12), σ = η · the posterior's (eq. 16).

    base: the process whose noise levels these are; its threshold is done to x̂_0, and ε̂ stays as
    it was predicted. eta: η, from 0, whose steps draw no noise, to 1, which is a DDPM with the
    smaller of its two variances. A predicted variance is not used.
    """

    base: DDPM
    eta: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "_per_row", PerRow(self._numbers))

    @property
    def T(self) -> int:
        """How many noise levels there are."""
        return self.base.T

    def alpha_bar_at(self, t: float) -> float:
        """ᾱ_t, and 1 at the time -1 of the clean image."""
        return self.base.alpha_bar_at(t)

    def timesteps(self, steps: int | None = None) -> list[float]:
        """As the base's."""
        return self.base.timesteps(steps)

    @outside_keys
    def check_time(self, t: float) -> None:
        """As the base's."""
        self.base.check_time(t)

    def forward(self, x0: Tensor, t: float, noise: Tensor) -> Tensor:
        """As the base's."""
        return self.base.forward(x0, t, noise)

    def clean(self, xt: Tensor, t: float, prediction: Prediction) -> Tensor:
        """As the base's."""
        return self.base.clean(xt, t, prediction)

    def step(
        self, xt: Tensor, t: float, t_next: float, prediction: Prediction, noise: Noise
    ) -> Tensor:
        """Draws one tensor of noise, and none where η is 0 or t_next is the clean image."""
        _, _, on_x0, on_eps, deviation = self._numbers(t, t_next)
        x0 = self.clean(xt, t, prediction)
        if self.base.threshold is not None:
            x0 = self.base.threshold(x0)
        x = on_x0 * x0 + on_eps * prediction.value
        return x + deviation * noise.draw(xt.shape) if self.draws(t, t_next) else x

    def draws(self, t: float, t_next: float) -> bool:
        """Where η is 0 no step draws noise, else all but the one to the clean image."""
        return self.eta > 0 and t_next != CLEAN

    def step_many(
        self,
        xt: Tensor,
        t: Sequence[float],
        t_next: Sequence[float],
        prediction: Prediction,
        noise: Tensor | None,
    ) -> Tensor:
        """`step` of B images: the same operations in the same order, in place where they can be."""
        per_row: PerRow = self._per_row  # type: ignore[attr-defined]
        on_noise, on_signal, on_x0, on_eps, deviation = per_row(t, t_next, xt)
        x0 = (on_noise * prediction.value).neg_().add_(xt).div_(on_signal)
        if self.base.threshold is not None:
            x0 = self.base.threshold.many_(x0)
        x = x0.mul_(on_x0).add_(on_eps * prediction.value)
        return x if noise is None else x.add_(deviation * noise)

    def _numbers(self, t: float, t_next: float) -> tuple[float, ...]:
        """Of a step: √(1−ᾱ_t), √ᾱ_t, what x̂_0 and ε̂ are multiplied by, and σ."""
        a, a_next = self.alpha_bar_at(t), self.alpha_bar_at(t_next)
        variance = self.eta**2 * (1 - a_next) / (1 - a) * (1 - a / a_next)
        return (
            math.sqrt(1 - a),
            math.sqrt(a),
            math.sqrt(a_next),
            math.sqrt(max(1 - a_next - variance, 0.0)),
            math.sqrt(variance),
        )

"""Classifier-free guidance."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from fwd_report.diffusion.computing import applied
from fwd_report.diffusion.program import Estimator, Prediction, Program, together


def guided(
    conditional: Estimator,
    unconditional: Estimator,
    scale: float,
    rescale: float = 0.0,
    interval: tuple[float, float] | None = None,
) -> Estimator:
    """ε = ε_u + γ(ε_c − ε_u) with γ = `scale` (Ho & Salimans 2022); the variance is ε_c's.

    With γ = 1 only the conditional estimate is computed, with γ = 0 only the unconditional one,
    whose variance is then used. rescale: φ of Lin et al. 2024, section 3.4: the share of ε that is
    rescaled to the standard deviation of ε_c; no effect with γ = 0. interval: guidance applies to
    times in (low, high], and γ = 1 to all others (Kynkäänniemi et al. 2024).
    """
    if scale == 1:
        return conditional
    if interval is not None:
        return _within(interval, guided(conditional, unconditional, scale, rescale), conditional)
    if scale == 0:
        return unconditional

    extrapolate = Extrapolation(scale, rescale)

    def estimate(x: Tensor, t: float) -> Program[Prediction]:
        c, u = yield from together(conditional(x, t), unconditional(x, t))
        value = yield from applied(extrapolate, c.value, u.value)
        return Prediction(value, c.variance)

    return estimate


def _within(interval: tuple[float, float], inside: Estimator, outside: Estimator) -> Estimator:
    low, high = interval
    return lambda x, t: inside(x, t) if low < t <= high else outside(x, t)


@dataclass(frozen=True)
class Extrapolation:
    """ε = ε_u + γ(ε_c − ε_u) with γ = `scale`; of that, a share φ = `rescale` as spread as ε_c."""

    scale: float
    rescale: float = 0.0

    def __call__(self, c: Tensor, u: Tensor) -> Tensor:
        value = (c - u).mul_(self.scale).add_(u)
        if not self.rescale:
            return value
        spread = c.std((1, 2, 3), keepdim=True) / value.std((1, 2, 3), keepdim=True)
        return value.mul_(self.rescale * spread + (1 - self.rescale))

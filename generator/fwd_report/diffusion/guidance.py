"""Classifier-free guidance."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from fwd_report.diffusion.computing import applied
from fwd_report.diffusion.program import Estimator, Prediction, Program, together


def guided(conditional: Estimator, unconditional: Estimator, scale: float) -> Estimator:
    """ε = ε_u + γ(ε_c − ε_u) with γ = `scale` (Ho & Salimans 2022); the variance is ε_c's.

    γ = 1 is the conditional estimate and asks nothing else; γ = 0 is the unconditional one, and
    asks nothing else, so its variance is the unconditional one too.
    """
    if scale == 1:
        return conditional
    if scale == 0:
        return unconditional

    extrapolate = Extrapolation(scale)

    def estimate(x: Tensor, t: float) -> Program[Prediction]:
        c, u = yield from together(conditional(x, t), unconditional(x, t))
        value = yield from applied(extrapolate, c.value, u.value)
        return Prediction(value, c.variance)

    return estimate


@dataclass(frozen=True)
class Extrapolation:
    """ε_u + γ(ε_c − ε_u) with γ = `scale`."""

    scale: float

    def __call__(self, c: Tensor, u: Tensor) -> Tensor:
        return (c - u).mul_(self.scale).add_(u)

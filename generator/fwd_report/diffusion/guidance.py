"""Classifier-free guidance."""

from __future__ import annotations

from torch import Tensor

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

    def estimate(x: Tensor, t: float) -> Program[Prediction]:
        c, u = yield from together(conditional(x, t), unconditional(x, t))
        return Prediction(u.value + scale * (c.value - u.value), c.variance)

    return estimate

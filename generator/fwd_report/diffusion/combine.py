"""Estimators built from estimators: anagrams and factorised images need no loop of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from fwd_report.diffusion.computing import applied
from fwd_report.diffusion.program import Estimator, Prediction, Program, together
from fwd_report.diffusion.views import Invertible


def seen(view: Invertible, estimate: Estimator) -> Estimator:
    """The estimate in a view, mapped back: V⁻¹ ε(V x, t)."""

    def through_view(x: Tensor, t: float) -> Program[Prediction]:
        prediction = yield from estimate(view.apply(x), t)
        variance = prediction.variance
        return Prediction(
            view.invert(prediction.value),
            None if variance is None else view.invert_variance(variance),
        )

    return through_view


def mean(estimates: Sequence[Estimator]) -> Estimator:
    """The mean of ε and the mean of the variances, with all estimates made at once on one image.

    With `seen`, a visual anagram: ε = (1/N) Σ V_i⁻¹ ε(V_i x, p_i) (Geng et al. 2024).
    """

    def estimate(x: Tensor, t: float) -> Program[Prediction]:
        predictions = yield from together(*(one(x, t) for one in estimates))
        values = [prediction.value for prediction in predictions]
        return Prediction(*(yield from together(applied(_mean, *values), _variance(predictions))))

    return estimate


def factorised(parts: Sequence[tuple[Callable[[Tensor], Tensor], Estimator]]) -> Estimator:
    """ε = Σ f_i(ε_i) for linear f_i that add up to the identity; the variance is the mean.

    Factorized Diffusion (Geng et al. 2024): low and high frequencies, or grey and colour, each with
    its own estimate.
    """

    def estimate(x: Tensor, t: float) -> Program[Prediction]:
        predictions = yield from together(*(one(x, t) for _, one in parts))
        values = [
            component(prediction.value)
            for (component, _), prediction in zip(parts, predictions, strict=True)
        ]
        return Prediction(*(yield from together(applied(_sum, *values), _variance(predictions))))

    return estimate


def _variance(predictions: Sequence[Prediction]) -> Program[Tensor | None]:
    variances = [p.variance for p in predictions if p.variance is not None]
    return (yield from applied(_mean, *variances)) if variances else None


def _mean(*images: Tensor) -> Tensor:
    return torch.stack(images).mean(0)


def _sum(*images: Tensor) -> Tensor:
    return torch.stack(images).sum(0)

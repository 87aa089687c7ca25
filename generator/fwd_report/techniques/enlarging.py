"""Stage II as a technique is asked of it: estimates of the large picture, each under a prompt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from fwd_report.diffusion.program import Estimator
    from fwd_report.diffusion.views import Invertible
    from fwd_report.models.handle import ModelHandle
    from fwd_report.techniques.guiding import Guide


@dataclass(frozen=True, eq=False)
class Enlarging:
    """Stage II, asked for the picture of one run in `times` its size.

    low: that picture, enlarged and noised to `noise_level`: what every question is conditioned on.
    guide: how its estimates are guided.
    """

    model: ModelHandle
    low: Tensor
    noise_level: int
    times: int
    guide: Guide

    def under(self, prompt: str) -> Estimator:
        """The estimate under a prompt, without guidance."""
        from fwd_report.models.handle import Upscaling  # torch, which a plan does without

        return self.model.estimate(Upscaling(prompt, self.low, self.noise_level))

    def prompted(self, prompt: str) -> Estimator:
        """The guided estimate under a prompt."""
        return self.guide.prompted(self.under, prompt)

    def guided(self, conditional: Estimator) -> Estimator:
        """The guided estimate of a conditional one."""
        return self.guide.over(conditional, self.under(self.guide.away))

    def seen_through(self, view: Invertible) -> Enlarging:
        """Stage II asked for what a view of the picture shows: the condition is seen through it."""
        return replace(self, low=view.apply(self.low))

"""A triple hybrid: three prompts in the coarse, the middle and the fine part of one image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from fwd_report.techniques.base import Prompt, Reading, Result
from fwd_report.techniques.sampling import LOOP, Guidance, Sampling, Steps, estimates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fwd_report.diffusion.program import Program
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.base import Technique
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.parts import Part


class TripleHybrid(Sampling):
    """ε_c = Σ f_i(ε(p_i)) for three frequency bands f_i, ε = ε_u + γ(ε_c − ε_u).

    The bands add up to the identity (Geng et al. 2024, Factorized Diffusion).
    """

    name: ClassVar[str] = "triple_hybrid"

    low: Prompt
    """What one sees from afar."""
    middle: Prompt
    """What one sees at arm's length."""
    high: Prompt
    """What one sees close by."""
    coarse: float = Field(default=3.0, gt=0, le=8)
    """σ of the blur that leaves the coarse part, in pixels."""
    fine: float = Field(default=1.0, gt=0, le=8)
    """σ of the blur that takes the fine part away."""
    guidance: Guidance = 7.0
    steps: Steps | None = None
    """None: the assignment's strided timesteps."""

    def network_steps(self, needs: Mapping[str, Technique]) -> int:
        return (self.steps or LOOP) * estimates(self.guidance, conditional=3)

    @classmethod
    def readings(cls, params: Mapping[str, Any]) -> tuple[Reading, ...]:
        return (
            Reading("image", params["high"], "close by"),
            Reading("middle", params["middle"], "at arm's length"),
            Reading("low", params["low"], "from afar"),
        )

    def describe(self) -> str:
        return f"from afar: {self.low}; then: {self.middle}; close by: {self.high}"

    def program(self, run: RunContext) -> Program[Result]:
        from fwd_report.diffusion.combine import factorised
        from fwd_report.diffusion.guidance import guided
        from fwd_report.diffusion.loops import denoise

        from ._bands import blurred, split

        model = run.asked
        process = self.process_of(model)
        prompts = (self.low, self.middle, self.high)
        bands = split(self.coarse, self.fine)
        conditional = factorised(
            [(band, model.estimate(prompt)) for band, prompt in zip(bands, prompts, strict=True)]
        )
        estimate = guided(conditional, model.estimate(model.unconditional), self.guidance)
        x = run.noise.draw(model.shape)
        timesteps = process.timesteps(self.steps)
        (image,) = yield from denoise(process, x, timesteps, estimate, run.noise)
        images = {"low": blurred(image, self.coarse), "middle": blurred(image, self.fine)}
        return Result(image, images=images)

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        from fwd_report.techniques.labels import labels_of
        from fwd_report.techniques.parts import Grid, Picture

        names = ("low", "middle", "image")
        rows = tuple(
            tuple(
                Picture(entry.picture(name), f"{reading.label}: {reading.prompt}", entry=entry)
                for name, reading in zip(names, reversed(cls.readings(entry.params)), strict=True)
            )
            for entry in entries
        )
        return [Grid(rows, labels_of(entries), ("from afar", "at arm's length", "close by"))]

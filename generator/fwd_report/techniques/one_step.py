"""Denoising in one step: the clean image that follows from one estimate of the noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from fwd_report.techniques.base import ImageFile, Prompt, Result
from fwd_report.techniques.framing import Pictured
from fwd_report.techniques.sampling import picture_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fwd_report.diffusion.program import Program
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.base import Technique
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.parts import Part


class OneStep(Pictured):
    """x̂_0 = (x_t − √(1−ᾱ_t) · ε̂) / √ᾱ_t. x_t is that of `forward` with the same seed.

    Metrics: PSNR and SSIM against the original.
    """

    name: ClassVar[str] = "one_step"

    image: ImageFile
    t: int = Field(default=500, ge=0, le=999)
    """The noise level, a timestep."""
    prompt: Prompt = "a high quality photo"

    def network_steps(self, needs: Mapping[str, Technique]) -> int:
        return 1

    def describe(self) -> str:
        return f"{picture_name(self.image)} with noise of t {self.t}, denoised in one step"

    def numbers(self) -> Mapping[str, Sequence[str]]:
        return {"metrics": ("psnr", "ssim")}

    def program(self, run: RunContext) -> Program[Result]:
        from fwd_report.diffusion.metrics import closeness

        process, x0 = run.asked.process, run.images["image"]
        xt = process.forward(x0, self.t, run.noise.draw(x0.shape))
        prediction = yield from run.asked.estimate(self.prompt)(xt, self.t)
        clean = process.clean(xt, self.t, prediction)
        metrics = closeness(clean, x0, run.asked.value_range)
        return Result(clean, images={"original": x0, "noised": xt}, metrics=metrics)

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        from fwd_report.techniques.originals import noised_and_result

        return [noised_and_result(entries, "one step")]

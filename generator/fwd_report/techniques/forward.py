"""The forward process: a clean image, noised to time t."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from fwd_report.techniques.base import ImageFile, Result
from fwd_report.techniques.framing import Pictured
from fwd_report.techniques.sampling import picture_name

if TYPE_CHECKING:
    from fwd_report.diffusion.program import Program
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.parts import Part


class Forward(Pictured):
    """x_t = √ᾱ_t · x_0 + √(1−ᾱ_t) · ε; uses no model.

    ε is the seed's first draw, as in `blur`, `one_step` and `iterative`: the same seed and t give
    the same x_t there. Metrics: PSNR and SSIM against the original.
    """

    name: ClassVar[str] = "forward"

    image: ImageFile
    t: int = Field(default=500, ge=0, le=999)
    """The noise level, a timestep."""

    def describe(self) -> str:
        return f"{picture_name(self.image)} with noise of t {self.t}"

    def numbers(self) -> Mapping[str, Sequence[str]]:
        return {"metrics": ("psnr", "ssim")}

    def program(self, run: RunContext) -> Program[Result]:
        from fwd_report.diffusion.metrics import closeness

        yield from ()
        x0 = run.images["image"]
        xt = run.asked.process.forward(x0, self.t, run.noise.draw(x0.shape))
        metrics = closeness(xt, x0, run.asked.value_range)
        return Result(xt, images={"original": x0}, metrics=metrics)

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        from fwd_report.techniques.grids import swept_grid
        from fwd_report.techniques.originals import with_original, with_psnr

        return [with_original(with_psnr(swept_grid(entries)), "noised")]

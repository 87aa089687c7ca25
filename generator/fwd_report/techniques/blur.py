"""Classical denoising: a Gaussian blur of the noised image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from fwd_report.techniques.base import ImageFile, Result
from fwd_report.techniques.framing import Pictured
from fwd_report.techniques.sampling import Kernel, picture_name

if TYPE_CHECKING:
    from fwd_report.diffusion.program import Program
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.parts import Part


class Blur(Pictured):
    """Blur x_t; uses no model. x_t is that of `forward` with the same seed.

    Metrics: PSNR and SSIM against the original.
    """

    name: ClassVar[str] = "blur"

    image: ImageFile
    t: int = Field(default=500, ge=0, le=999)
    """The noise level, a timestep."""
    kernel_size: Kernel = Field(default=7, le=63)
    sigma: float = Field(default=2.0, gt=0, le=32)
    """Of the Gaussian, in pixels."""

    def describe(self) -> str:
        return f"{picture_name(self.image)} with noise of t {self.t}, blurred"

    def numbers(self) -> Mapping[str, Sequence[str]]:
        return {"metrics": ("psnr", "ssim")}

    def program(self, run: RunContext) -> Program[Result]:
        from fwd_report.diffusion.filters import gaussian_blur
        from fwd_report.diffusion.metrics import closeness

        yield from ()
        x0 = run.images["image"]
        xt = run.asked.process.forward(x0, self.t, run.noise.draw(x0.shape))
        blurred = gaussian_blur(xt, self.kernel_size, self.sigma)
        metrics = closeness(blurred, x0, run.asked.value_range)
        return Result(blurred, images={"original": x0, "noised": xt}, metrics=metrics)

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        from fwd_report.techniques.originals import noised_and_result

        return [noised_and_result(entries, "blurred")]

"""Iterative denoising: from a noised image down the strided timesteps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, ValidationInfo, field_validator

from fwd_report.techniques.base import FigureOnly, ImageFile, Prompt, Result
from fwd_report.techniques.framing import Pictured
from fwd_report.techniques.sampling import LOOP, StartIndex, Timed, picture_name, within_loop
from fwd_report.techniques.scripted import Scripted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fwd_report.diffusion.program import Program
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.base import Technique
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.parts import Part


class Iterative(Timed, Pictured):
    """Noise the image to timesteps[i_start] and denoise it step by step, without guidance.

    x_t is that of `forward` with the same seed and time. Frame k of `trajectory` is x at
    series["t"][k]. Metrics: PSNR and SSIM of the last frame against the original.
    """

    name: ClassVar[str] = "iterative"

    image: ImageFile
    from_noise: ClassVar[bool] = False
    i_start: StartIndex = Field(default=10, validate_default=True)
    prompt: Prompt = "a high quality photo"
    every: Annotated[int, FigureOnly()] = Field(default=5, ge=1, le=LOOP)
    """Which frames the figure shows: every n-th, and the last."""

    @classmethod
    def front_rank(cls) -> int | None:
        return 7

    @classmethod
    def scripted(cls) -> Scripted:
        return Scripted(noised=True)

    @field_validator("i_start")
    @classmethod
    def _within(cls, i_start: int, others: ValidationInfo) -> int:
        return within_loop(i_start, others)

    def network_steps(self, needs: Mapping[str, Technique]) -> int:
        return len(self.asked_times()[self.i_start :])

    def describe(self) -> str:
        return f"{picture_name(self.image)} with noise, denoised step by step"

    def numbers(self) -> Mapping[str, Sequence[str]]:
        return {"metrics": ("psnr", "ssim"), "series": ("t",)}

    def program(self, run: RunContext) -> Program[Result]:
        import torch

        from fwd_report.diffusion.loops import denoise
        from fwd_report.diffusion.metrics import closeness

        process, x0 = self.process_of(run.asked), run.images["image"]
        timesteps = self.times_of(process)[self.i_start :]
        xt = process.forward(x0, timesteps[0], run.noise.draw(x0.shape))
        estimate = run.asked.estimate(self.prompt)
        every = range(len(timesteps))
        trajectory = yield from denoise(process, xt, timesteps, estimate, run.noise, keep=every)
        return Result(
            trajectory[-1],
            images={"original": x0, "noised": xt},
            frames={"trajectory": torch.stack(trajectory)},
            metrics=closeness(trajectory[-1], x0, run.asked.value_range),
            series={"t": [float(t) for t in timesteps]},
        )

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        from fwd_report.techniques.labels import Labels
        from fwd_report.techniques.originals import noised_and_result
        from fwd_report.techniques.trajectories import trajectory_of

        labels = Labels(entries)
        trajectories = [
            trajectory_of(entry, int(entry.params["every"]), labels.run(entry)) for entry in entries
        ]
        return [*trajectories, noised_and_result(entries, "iterative")]

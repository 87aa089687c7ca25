"""Inpainting: new content in a hole, the rest held to the image (RePaint without resampling)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from fwd_report.techniques.base import ImageFile, MaskFile, Prompt, Result
from fwd_report.techniques.framing import Inverted, Pictured
from fwd_report.techniques.sampling import (
    LOOP,
    Guidance,
    Sampling,
    Steps,
    estimates,
    picture_name,
    prompted,
)
from fwd_report.techniques.scripted import Scripted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from fwd_report.diffusion.program import Program
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.base import Technique
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.parts import Part


class Inpaint(Sampling, Pictured):
    """After every step to t', x_t' ← m · x_t' + (1−m) · forward(x_orig, t') (Lugmayr et al. 2022).

    The context is noised with the next draw after that step's own.
    """

    name: ClassVar[str] = "inpaint"

    image: ImageFile
    mask: MaskFile
    inverted: Inverted = False
    """Whether the mask is black where new content goes, and white where the image stays."""
    prompt: Prompt = "a high quality photo"
    guidance: Guidance = 7.0
    steps: Steps | None = None
    """None: the assignment's strided timesteps."""

    @classmethod
    def front_rank(cls) -> int | None:
        return 6

    @classmethod
    def scripted(cls) -> Scripted:
        return Scripted(kept=True)

    def network_steps(self, needs: Mapping[str, Technique]) -> int:
        return (self.steps or LOOP) * estimates(self.guidance)

    def describe(self) -> str:
        return f"{picture_name(self.image)} with new content in a hole: {self.prompt}"

    def program(self, run: RunContext) -> Program[Result]:
        from fwd_report.diffusion.loops import denoise

        model, x0, mask = run.asked, run.images["image"], run.masks["mask"]
        process = self.process_of(model)

        def keep_context(x: Tensor, t: float) -> Tensor:
            context = process.forward(x0, t, run.noise.draw(x0.shape))
            return mask * x + (1 - mask) * context

        (image,) = yield from denoise(
            process,
            run.noise.draw(model.shape),
            process.timesteps(self.steps),
            prompted(model, self.prompt, self.guidance),
            run.noise,
            constrain=keep_context,
        )
        low, high = model.value_range
        return Result(
            image,
            images={
                "original": x0,
                "mask": low + mask * (high - low),
                "hole": mask * (low + high) / 2 + (1 - mask) * x0,
            },
        )

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        from fwd_report.techniques.labels import labels_of
        from fwd_report.techniques.originals import original_of
        from fwd_report.techniques.parts import Grid, Picture

        return [
            Grid(
                rows=tuple(
                    (
                        original_of(entry),
                        Picture(entry.picture("mask"), f"the mask of: {entry.alt}", entry=entry),
                        Picture(entry.picture("hole"), f"the hole of: {entry.alt}", entry=entry),
                        Picture(entry.picture(), entry.alt, entry=entry),
                    )
                    for entry in entries
                ),
                row_labels=labels_of(entries),
                column_labels=("image", "mask", "hole", "inpainted"),
            )
        ]

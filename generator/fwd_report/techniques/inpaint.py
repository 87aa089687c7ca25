"""Inpainting: new content in a hole, the rest fixed to the image (RePaint)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, model_validator

from fwd_report.diffusion.spacing import resampled
from fwd_report.errors import FieldError
from fwd_report.outside import outside_keys
from fwd_report.techniques.base import ImageFile, MaskFile, NotByDefault, Prompt, Result
from fwd_report.techniques.framing import Inverted, Pictured
from fwd_report.techniques.guiding import Guided
from fwd_report.techniques.sampling import Guidance, Steps, picture_name
from fwd_report.techniques.scripted import Scripted
from fwd_report.techniques.words import prompt_in_words

if TYPE_CHECKING:
    from torch import Tensor

    from fwd_report.diffusion.program import Program
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.parts import Part


class Inpaint(Guided, Pictured):
    """After every step to t', x_t' ← m · x_t' + (1−m) · forward(x_orig, t') (Lugmayr et al. 2022).

    The known part is noised with the draw that follows that of the step. With `resample`, steps are
    undone by a draw of noise each and made again, as in RePaint.
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
    resample: Annotated[int, NotByDefault()] = Field(default=1, ge=1, le=50)
    """How many times RePaint makes each step, undoing it by noise in between; 1: no resampling."""
    jump_length: Annotated[int, NotByDefault()] = Field(default=10, ge=1, lt=1000)
    """How many steps it undoes at once."""

    @model_validator(mode="after")
    def _has_jumps(self) -> Inpaint:
        count = len(super().asked_times())
        if self.resample > 1 and self.jump_length >= count:
            raise FieldError(
                "jump_length", f"jump_length is {self.jump_length}, and there are {count} steps"
            )
        return self

    def without_effect(self) -> Mapping[str, tuple[str, str]]:
        found = {**super().without_effect()}
        if self.resample == 1 and "jump_length" in self.model_fields_set:
            why = "it is how far resampling goes back"
            found["jump_length"] = why, "leave it out, or set resample"
        return found

    @classmethod
    def front_rank(cls) -> int | None:
        return 6

    @classmethod
    def scripted(cls) -> Scripted:
        return Scripted(kept=True)

    @outside_keys
    def asked_times(self) -> list[float]:
        times = super().asked_times()
        visited = resampled([*times, -1.0], self.jump_length, self.resample)
        return [t for t, t_next in pairwise(visited) if t_next < t]

    def describe(self) -> str:
        new = prompt_in_words(self.prompt)
        return f"{picture_name(self.image)} with new content in a hole: {new}"

    def numbers(self) -> Mapping[str, Sequence[str]]:
        return {}

    def program(self, run: RunContext) -> Program[Result]:
        from fwd_report.diffusion.loops import denoise
        from fwd_report.diffusion.repaint import denoise_again, leveled

        model, x0, mask = run.asked, run.images["image"], run.masks["mask"]
        process = self.process_of(model)

        def keep_context(x: Tensor, t: float) -> Tensor:
            context = process.forward(x0, t, run.noise.draw(x0.shape))
            return mask * x + (1 - mask) * context

        x, times = run.noise.draw(model.shape), self.times_of(process)
        estimate = self.guide.prompted(model.estimate, self.prompt)
        if self.resample == 1:
            (image,) = yield from denoise(process, x, times, estimate, run.noise, keep_context)
        else:
            visited = resampled(times, self.jump_length, self.resample)
            image = yield from denoise_again(
                leveled(process), x, visited, estimate, run.noise, keep_context
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

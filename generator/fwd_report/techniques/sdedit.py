"""SDEdit: noise an image a little, then denoise it towards a prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, ValidationInfo, field_validator

from fwd_report.outside import outside_keys
from fwd_report.techniques.base import ImageFile, Prompt, Result
from fwd_report.techniques.framing import Pictured
from fwd_report.techniques.guiding import Guided
from fwd_report.techniques.sampling import Guidance, StartIndex, picture_name, within_loop
from fwd_report.techniques.scripted import Scripted
from fwd_report.techniques.words import prompt_in_words

if TYPE_CHECKING:
    from fwd_report.diffusion.program import Program
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.parts import Part


class SDEdit(Guided, Pictured):
    """Noise the image to timesteps[i_start], then denoise it with guidance (Meng et al. 2022).

    A small i_start keeps little of the image. With a prompt of its own this is text-conditional
    image-to-image translation.
    """

    name: ClassVar[str] = "sdedit"

    image: ImageFile
    from_noise: ClassVar[bool] = False
    i_start: StartIndex = Field(default=10, validate_default=True)
    prompt: Prompt = "a high quality photo"
    guidance: Guidance = 7.0

    @classmethod
    def front_rank(cls) -> int | None:
        return 1

    @classmethod
    def scripted(cls) -> Scripted:
        return Scripted(noised=True)

    @field_validator("i_start")
    @classmethod
    def _within(cls, i_start: int, others: ValidationInfo) -> int:
        return within_loop(i_start, others)

    @outside_keys
    def asked_times(self) -> list[float]:
        return super().asked_times()[self.i_start :]

    def describe(self) -> str:
        return f"{picture_name(self.image)} edited towards: {prompt_in_words(self.prompt)}"

    def numbers(self) -> Mapping[str, Sequence[str]]:
        return {}

    def program(self, run: RunContext) -> Program[Result]:
        from fwd_report.diffusion.loops import denoise

        model, x0 = run.asked, run.images["image"]
        process = self.process_of(model)
        timesteps = self.times_of(process)[self.i_start :]
        xt = process.forward(x0, timesteps[0], run.noise.draw(x0.shape))
        estimate = self.guide.prompted(model.estimate, self.prompt)
        (image,) = yield from denoise(process, xt, timesteps, estimate, run.noise)
        return Result(image, images={"original": x0, "noised": xt})

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        from fwd_report.techniques.grids import swept_grid
        from fwd_report.techniques.originals import with_original

        return [with_original(swept_grid(entries), "edited")]

"""Hybrid images: one prompt in the coarse part of an image, another in the fine part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from fwd_report.outside import outside_keys
from fwd_report.techniques.base import Prompt, Reading, Result
from fwd_report.techniques.guiding import Guided, asked_fields
from fwd_report.techniques.illusions import Illusion, asked_in_words
from fwd_report.techniques.sampling import Guidance, Kernel, Steps
from fwd_report.techniques.scripted import Scripted
from fwd_report.techniques.words import prompt_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from fwd_report.diffusion.program import Estimator, Program
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.enlarging import Enlarging
    from fwd_report.techniques.parts import Part, Picture


class Hybrid(Guided, Illusion):
    """ε_c = low(ε(p_low)) + high(ε(p_high)), ε = ε_u + γ(ε_c − ε_u) (Geng et al. 2024).

    low is a Gaussian blur and high the remainder: from afar one sees the low prompt, close by the
    high one. When split by colour, low is the grey part, seen without colours, and high the
    colours. The variance is the mean of the two conditional ones.
    """

    name: ClassVar[str] = "hybrid"

    low: Prompt
    high: Prompt
    split: Literal["frequency", "colour"] = "frequency"
    kernel_size: Kernel = Field(default=33, le=127)
    sigma: float = Field(default=2.0, gt=0, le=32)
    """Of the blur, in pixels."""
    guidance: Guidance = 7.0
    steps: Steps | None = None
    """None: the assignment's strided timesteps."""

    @classmethod
    def readings(cls, params: Mapping[str, Any]) -> tuple[Reading, ...]:
        asked, colour = asked_fields(cls, params), params["split"] == "colour"
        found = (
            Reading("image", asked["high"], "in colour" if colour else "near"),
            Reading("low", asked["low"], "in grey" if colour else "far"),
        )
        return found if any(reading.prompt for reading in found) else ()

    @classmethod
    def front_rank(cls) -> int | None:
        return 4

    @classmethod
    def scripted(cls) -> Scripted:
        return Scripted("hybrid")

    def describe(self) -> str:
        low, high = prompt_in_words(self.low), prompt_in_words(self.high)
        if self.split == "colour":
            return f"in grey: {low}; in colour: {high}"
        return f"far: {low}; near: {high}"

    @outside_keys
    def without_effect(self) -> Mapping[str, tuple[str, str]]:
        found = dict(super().without_effect())
        for field in ("kernel_size", "sigma") if self.split == "colour" else ():
            found[field] = "a picture split by colour is not blurred", "leave it out"
        return found

    def numbers(self) -> Mapping[str, Sequence[str]]:
        return {}

    def program(self, run: RunContext) -> Program[Result]:
        from fwd_report.diffusion.combine import factorised
        from fwd_report.diffusion.filters import grey
        from fwd_report.diffusion.loops import denoise

        model = run.asked
        process = self.process_of(model)
        low, high = self._parts()
        conditional = factorised(
            [(low, model.estimate(self.low)), (high, model.estimate(self.high))]
        )
        estimate = self.guide.over(conditional, model.estimate(self.guide.away))
        x = run.noise.draw(model.shape)
        timesteps = self.times_of(process)
        (image,) = yield from denoise(process, x, timesteps, estimate, run.noise)
        return Result(image, images={"low": grey(image) if self.split == "colour" else low(image)})

    def enlarged(self, stage: Enlarging) -> Estimator:
        """The same sum at stage II, by a blur that is as many times as wide."""
        from fwd_report.diffusion.combine import factorised

        low, high = self._parts(stage.times)
        asked = self.as_asked()
        parts = [(low, stage.under(asked.low)), (high, stage.under(asked.high))]
        return stage.guided(factorised(parts))

    def guided_prompts(self) -> tuple[tuple[str, ...], ...]:
        asked = self.as_asked()
        return ((asked.low, asked.high),)

    def _parts(
        self, times: int = 1
    ) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
        """Two linear maps of images that add up to the identity.

        times: how much larger images are than those that the fields are about.
        """
        from fwd_report.diffusion import filters

        if self.split == "colour":
            return filters.grey, filters.colour
        width, sigma = (self.kernel_size - 1) * times + 1, self.sigma * times
        return (
            partial(filters.gaussian_blur, kernel_size=width, sigma=sigma),
            partial(filters.high_pass, kernel_size=width, sigma=sigma),
        )

    @classmethod
    def illusion(cls, picture: Picture, params: Mapping[str, Any], label: str) -> Part | None:
        from fwd_report.techniques.parts import Distance

        if params["split"] == "colour":
            return None
        low, high = asked_in_words(cls, params, "low", "high")
        return Distance(picture, near=high, far=low, label=label)

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        from fwd_report.techniques.labels import Labels
        from fwd_report.techniques.parts import Grid, Picture

        names = Labels(entries)
        distances: list[Part] = []
        rows: list[tuple[Picture, Picture]] = []
        labels: list[str] = []
        for entry in entries:
            low, high = asked_in_words(cls, entry.params, "low", "high")
            picture = Picture(entry.picture(), entry.alt, entry=entry)
            if distance := cls.illusion(picture, entry.params, names.run(entry)):
                distances.append(distance)
            else:
                colour = Picture(entry.picture(), f"in colour: {high}", label=high, entry=entry)
                grey = Picture(entry.picture("low"), f"in grey: {low}", label=low, entry=entry)
                rows.append((colour, grey))
                labels.append(names.run(entry))
        if not rows:
            return distances
        row_labels = tuple(labels) if any(labels) else ()
        return [*distances, Grid(tuple(rows), row_labels, ("in colour", "in grey"))]

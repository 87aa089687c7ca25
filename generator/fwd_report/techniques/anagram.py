"""Visual anagrams: images that show one prompt as they are, and another through a view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, get_args

from pydantic import Field

from fwd_report.plugins.named import Named
from fwd_report.techniques.base import Prompt, Reading, Result
from fwd_report.techniques.guiding import Guided, asked_fields
from fwd_report.techniques.illusions import Illusion, asked_in_words
from fwd_report.techniques.sampling import Guidance, Steps
from fwd_report.techniques.scripted import Scripted
from fwd_report.techniques.words import prompt_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fwd_report.diffusion.program import Estimator, Program
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.enlarging import Enlarging
    from fwd_report.techniques.parts import Part, Picture

ViewName = Annotated[str, Named("views")]


class Anagram(Guided, Illusion):
    """ε = ½ (ε_1 + V⁻¹ ε_2), ε_1 = CFG(x, p_1), ε_2 = CFG(V x, p_2) (Geng et al. 2024).

    The variance is the mean of both. The picture seen through the view is stored as `viewed`.
    """

    name: ClassVar[str] = "anagram"

    prompt: Prompt
    """What the image shows as it is."""
    flipped: Prompt
    """What it shows through the view."""
    view: ViewName = "flip"
    """flip is upside down; rotations are counter-clockwise."""
    view_seed: int = Field(default=0, ge=0, lt=2**63)
    """The seed of the random order of patches, pixels or jigsaw pieces."""
    guidance: Guidance = 7.0
    steps: Steps | None = None
    """None: the assignment's strided timesteps."""

    @classmethod
    def readings(cls, params: Mapping[str, Any]) -> tuple[Reading, ...]:
        asked = asked_fields(cls, params)
        found = (
            Reading("image", asked["prompt"], "as it is"),
            Reading("viewed", asked["flipped"], "through the view"),
        )
        return found if any(reading.prompt for reading in found) else ()

    def without_effect(self) -> Mapping[str, tuple[str, str]]:
        found = {**super().without_effect()}
        if self.flipped == self.prompt:
            why = "it is the prompt, so both readings show the same"
            found["flipped"] = why, "write what the picture shows through the view"
        return found

    @classmethod
    def front_rank(cls) -> int | None:
        return 2

    @classmethod
    def scripted(cls) -> Scripted:
        return Scripted("anagram")

    def describe(self) -> str:
        first, second = prompt_in_words(self.prompt), prompt_in_words(self.flipped)
        return f"{first}; through the view {self.view.replace('_', ' ')}: {second}"

    def numbers(self) -> Mapping[str, Sequence[str]]:
        return {}

    def program(self, run: RunContext) -> Program[Result]:
        from fwd_report.diffusion.combine import mean, seen
        from fwd_report.diffusion.loops import denoise
        from fwd_report.techniques.named_views import view_of

        model = run.asked
        process = self.process_of(model)
        view = view_of(self.view, self.view_seed, model.shape[-1])
        estimate = mean(
            [
                self.guide.prompted(model.estimate, self.prompt),
                seen(view, self.guide.prompted(model.estimate, self.flipped)),
            ]
        )
        x = run.noise.draw(model.shape)
        timesteps = self.times_of(process)
        (image,) = yield from denoise(process, x, timesteps, estimate, run.noise)
        return Result(image, images={"viewed": view.apply(image)})

    def enlarged(self, stage: Enlarging) -> Estimator:
        """The same mean at stage II, whose condition is seen through the view too."""
        from fwd_report.diffusion.combine import mean, seen
        from fwd_report.techniques.named_views import view_of

        view = view_of(self.view, self.view_seed, stage.model.shape[-1], stage.times)
        asked = self.as_asked()
        through = stage.seen_through(view).prompted(asked.flipped)
        return mean([stage.prompted(asked.prompt), seen(view, through)])

    def guided_prompts(self) -> tuple[tuple[str, ...], ...]:
        asked = self.as_asked()
        return ((asked.prompt,), (asked.flipped,))

    @classmethod
    def illusion(cls, picture: Picture, params: Mapping[str, Any], label: str) -> Part | None:
        from fwd_report.techniques.parts import Flip, Transform

        if params["view"] not in get_args(Transform):
            return None
        return Flip(
            picture, params["view"], asked_in_words(cls, params, "prompt", "flipped"), label
        )

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        from fwd_report.techniques.labels import Labels
        from fwd_report.techniques.parts import Grid, Picture

        names = Labels(entries)
        flips: list[Part] = []
        rows: list[tuple[Picture, Picture]] = []
        labels: list[str] = []
        for entry in entries:
            view = entry.params["view"]
            first, second = asked_in_words(cls, entry.params, "prompt", "flipped")
            upright = Picture(
                entry.picture(), f"as it is: {first}", label=f"as it is: {first}", entry=entry
            )
            picture = Picture(entry.picture(), entry.alt, entry=entry)
            if flip := cls.illusion(picture, entry.params, names.run(entry)):
                flips.append(flip)
            else:
                through = f"through the view {view.replace('_', ' ')}: {second}"
                viewed = Picture(entry.picture("viewed"), through, label=through, entry=entry)
                rows.append((upright, viewed))
                labels.append(names.run(entry))
        row_labels = tuple(labels) if any(labels) else ()
        return [*flips, Grid(tuple(rows), row_labels)] if rows else flips

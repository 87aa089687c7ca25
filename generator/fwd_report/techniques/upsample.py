"""Stage II: the picture of another run, four times as large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from fwd_report.outside import outside_keys
from fwd_report.techniques.base import EnlargedRun, Prompt, Result, Technique, asks_trained
from fwd_report.techniques.guiding import Guided
from fwd_report.techniques.illusions import Illusion
from fwd_report.techniques.sampling import Guidance, Steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fwd_report.diffusion.program import Program
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.parts import Part, Picture

DEFAULT_STEPS = 20
MOST_PAIRS = 6
"""Most runs for which a figure shows both stages."""


class Upsample(Guided):
    """Super-resolution conditioned on a noised copy of the small picture (Ho et al. 2022).

    As diffusers' `IFSuperResolutionPipeline`: x_T is the first draw, the noise on the condition
    the second. The process is the model's own, with its clipping or thresholding. How the estimate
    is made, the technique of the enlarged run says: an anagram's is the mean through its view
    (Geng et al. 2024, Visual Anagrams), a hybrid's the sum of two parts (Factorized Diffusion).
    """

    name: ClassVar[str] = "upsample"
    stage: ClassVar[Literal[2]] = 2

    of: EnlargedRun
    """The experiment whose runs are enlarged, each with its own seed."""
    prompt: Prompt | None = None
    """None: the run's own, each way it is looked at: both of an anagram, through its view, and both
    of a hybrid, each in its part."""
    guidance: Guidance = 4.0
    steps: Steps = DEFAULT_STEPS
    noise_level: int = Field(default=250, ge=0, le=999)
    """How much the condition is noised, a timestep."""

    @classmethod
    def front_rank(cls) -> int | None:
        return 5

    def network_steps(self, needs: Mapping[str, Technique]) -> int:
        return len(self._asked(needs["of"]))

    def prompts(self, needs: Mapping[str, Technique]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._asked(needs["of"])))

    @outside_keys
    def _asked(self, of: Technique) -> tuple[str, ...]:
        """The prompts of all evaluations of a run that enlarges one of that technique."""
        estimates = of.guided_prompts() if self.prompt is None else ((self.prompt,),)
        return self.guide.all_asked(estimates, self.asked_times())

    def describe(self) -> str:
        return f"enlarged: {self.prompt}" if self.prompt else "enlarged"

    def objection(self, field: str, target: Technique) -> str | None:
        """Stage II enlarges pictures of stage I."""
        if target.kind != "program" or target.stage != 1 or asks_trained(target):
            return f"which makes no pictures of stage I: its technique is {target.name}"
        return None

    def numbers(self) -> Mapping[str, Sequence[str]]:
        return {}

    def program(self, run: RunContext) -> Program[Result]:
        from torch.nn import functional as F

        from fwd_report.diffusion.loops import denoise
        from fwd_report.techniques.enlarging import Enlarging
        from fwd_report.techniques.registry import technique_in

        model = run.asked
        if model.noising is None:
            raise LookupError(f"{model.name} is not a stage II model")
        small = run.tensor("of").clamp(*model.value_range)
        x = run.noise.draw(model.shape)
        large = F.interpolate(small[None], model.shape[1:], mode="bilinear", align_corners=True)[0]
        noised = model.noising.forward(large, self.noise_level, run.noise.draw(large.shape))
        times = model.shape[-1] // small.shape[-1]
        stage = Enlarging(model, noised, self.noise_level, times, self.guide)
        if self.prompt is None:
            estimate = technique_in(run.needs["of"][0]).enlarged(stage)
        else:
            estimate = stage.prompted(self.prompt)
        process = self.process_of(model)
        (image,) = yield from denoise(process, x, self.times_of(process), estimate, run.noise)
        return Result(image, images={"small": small})

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        """Both stages: for one run under a slider, for a few in two rows; for many, stage II
        only. Of a few, enlarged illusions follow as what they are.
        """
        from fwd_report.techniques.grids import swept_grid
        from fwd_report.techniques.labels import labels_of
        from fwd_report.techniques.parts import Grid, Picture, Slider

        if len(entries) > MOST_PAIRS:
            return [swept_grid(entries)]
        stages = ("stage I", "stage II")
        pairs = [
            (
                Picture(entry.picture("small"), _small_alt(entry), entry=entry),
                Picture(entry.picture(), entry.alt, entry=entry),
            )
            for entry in entries
        ]
        labels = labels_of(entries)
        large = (pair[1] for pair in pairs)
        shown = map(_illusion, entries, large, labels or [""] * len(entries))
        illusions = [part for part in shown if part is not None]
        if len(pairs) == 1:
            slid = (replace(p, label=s) for p, s in zip(pairs[0], stages, strict=True))
            return [Slider(*slid), *illusions]
        rows = tuple(zip(*pairs, strict=True))
        return [Grid(rows=rows, row_labels=stages, column_labels=labels), *illusions]


@outside_keys
def _illusion(entry: Entry, picture: Picture, label: str) -> Part | None:
    """An enlarged picture shown as the illusion that it is; None if it is none."""
    from fwd_report.techniques.registry import technique_of

    for of in entry.needs.get("of", ()):
        technique = technique_of(of)
        if issubclass(technique, Illusion) and entry.params["prompt"] is None:
            return technique.illusion(picture, of.params, label)
    return None


@outside_keys
def _small_alt(entry: Entry) -> str:
    """What the picture that was enlarged shows, in words."""
    of = entry.needs.get("of", ())
    return of[0].alt if of else f"before: {entry.alt}"

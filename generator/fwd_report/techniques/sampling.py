"""What techniques that sample with a prompt have in common."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from fwd_report.diffusion.spacing import Spacing, spaced
from fwd_report.errors import FieldError
from fwd_report.outside import outside_keys
from fwd_report.plugins.named import Named
from fwd_report.techniques.base import NotByDefault, Technique, asks_trained, marked_fields

if TYPE_CHECKING:
    from fwd_report.diffusion.process import Process
    from fwd_report.diffusion.program import Estimator
    from fwd_report.models.handle import ModelHandle

LOOP = 33
"""Network steps of a text-to-image model's default loop: the timesteps 990, 960, … 0."""


def _odd(width: int) -> int:
    if width % 2 == 0:
        raise ValueError("should be odd, so that the kernel has a middle")
    return width


class GuidanceScale:
    """Marks a field with γ, the scale of classifier-free guidance."""


class LoopSteps:
    """Marks a field with the number of network steps of a loop."""


class LoopStart:
    """Marks a field with an index into the timesteps: where a loop starts."""


Kernel = Annotated[int, Field(ge=3), AfterValidator(_odd)]
"""Width of a blur's kernel in pixels, odd."""
Guidance = Annotated[float, Field(ge=0, le=100), GuidanceScale()]
"""γ of classifier-free guidance; 1: the conditional estimate alone."""
StartIndex = Annotated[int, Field(ge=0, lt=1000), LoopStart()]
"""An index into the timesteps, such as 990, 960, …: where denoising an image starts."""
AnySteps = Annotated[int, Field(ge=1, le=1000), LoopSteps()]
"""Network steps of a loop that ends at the clean image."""
SamplerName = Annotated[str, Named("samplers")]
"""`ddpm`, `ddim`, or a plug-in that makes another process of a model's own."""
TIMESTEPS = 1000
"""Noise levels of a text-to-image model."""


@outside_keys
def too_uneven(T: int, steps: int) -> str | None:
    """Why `steps` equal strides of T timesteps, rounded down, would not start at pure noise.

    Rounding may lose at most a tenth of the range that unrounded strides would cover.
    """
    stride = T // steps
    if (steps - 1) * stride >= 0.9 * T * (steps - 1) / steps:
        return None
    return (
        f"{steps} equal strides would start at t = {(steps - 1) * stride} of {T}, which is not "
        f"pure noise yet; use {T // (stride + 1)} or {T} steps"
    )


@outside_keys
def too_clean(first: float, levels: int) -> str | None:
    """Why a loop that begins at the timestep `first` of so many cannot begin with pure noise."""
    if first >= levels // 2:
        return None
    return (
        f"the first timestep would be {first:g} of {levels}, where half of an image or more shows, "
        "and pure noise has none: begin nearer to the last"
    )


@outside_keys
def _evenly(steps: int, others: ValidationInfo) -> int:
    """The steps of a text-to-image model's loop, if it starts at pure noise; else raises
    ValueError.
    """
    fields = others.data or {}  # None where a default is checked by itself
    if fields.get("spacing", "leading") == "leading" and (why := too_uneven(TIMESTEPS, steps)):
        raise ValueError(why)
    return steps


Steps = Annotated[AnySteps, AfterValidator(_evenly)]
"""The same of a text-to-image model, of which equal strides begin at pure noise."""


@outside_keys
def marked_value(technique: Technique, marker: type) -> Any:
    """The value of the field that carries a marker of that class; None: there is no such field."""
    return next((getattr(technique, name) for name in marked_fields(type(technique), marker)), None)


class Sampling(Technique):
    """A technique with a loop over a process's timesteps; the base of guided ones."""

    dynamic_thresholding: float | None = Field(default=None, gt=0.5, le=1)
    """Percentile of Saharia et al.'s dynamic thresholding, such as 0.995; None: off."""
    sampler: SamplerName | None = None
    """How steps are taken: `ddpm` (Ho et al. 2020), `ddim` (Song et al. 2021) or a plug-in. None:
    as the model's own process does, which is DDPM for text-to-image models."""
    eta: Annotated[float, NotByDefault()] = Field(default=0.0, ge=0, le=1)
    """η of `ddim`: 0 draws no noise in steps, 1 as much as DDPM with its smaller variance."""

    @field_validator("eta")
    @classmethod
    def _of_ddim(cls, eta: float, others: ValidationInfo) -> float:
        if eta and others.data.get("sampler") != "ddim":
            raise ValueError("is of `sampler: ddim`, which is not said")
        return eta

    @outside_keys
    def prompts(self, needs: Mapping[str, Technique]) -> tuple[str, ...]:
        """Those of its fields, and the empty one if guidance needs it."""
        asked = super().prompts(needs)
        return with_unconditional(asked, marked_value(self, GuidanceScale)) if asked else ()

    def process_of(self, model: ModelHandle) -> Process:
        """The process of the model and the sampler, with dynamic thresholding if requested.

        Raises ValueError for a process that supports neither.
        """
        if self.dynamic_thresholding is None and self.sampler not in ("ddpm", "ddim"):
            return model.process
        from dataclasses import replace

        from fwd_report.diffusion.ddim import DDIM
        from fwd_report.diffusion.ddpm import DDPM, Threshold

        process = model.process
        if not isinstance(process, DDPM):
            raise ValueError("dynamic_thresholding, ddpm and ddim are for DDPM models")
        if self.dynamic_thresholding is not None:
            if model.value_range != (-1, 1):
                raise ValueError("dynamic_thresholding is for DDPM models of images in [-1, 1]")
            process = replace(process, threshold=Threshold(self.dynamic_thresholding))
        return DDIM(process, self.eta) if self.sampler == "ddim" else process


Asked = Annotated[int, Field(ge=0, lt=TIMESTEPS, strict=True)]


class Timed(Sampling):
    """A technique whose timesteps can be chosen."""

    from_noise: ClassVar[bool] = True
    """Whether it begins with pure noise, and not with a picture that is noised."""

    timesteps: Annotated[tuple[Asked, ...] | None, NotByDefault()] = Field(
        default=None, min_length=1
    )
    """The timesteps at which the model is asked, falling; after them comes the clean image."""
    spacing: Annotated[Spacing, NotByDefault()] = "leading"
    """How `steps` timesteps are chosen of the 1,000: `leading` ends at 0, `trailing` begins at 999,
    `linspace` does both."""
    steps: Annotated[Steps | None, NotByDefault()] = None
    """How many network steps; None: the assignment's strided timesteps."""

    @field_validator("timesteps")
    @classmethod
    def _falling(cls, times: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if times and any(t <= t_next for t, t_next in pairwise(times)):
            raise ValueError("should fall from each to the next")
        return times

    @model_validator(mode="after")
    def _timed_once(self) -> Self:
        said = self.model_fields_set
        if self.timesteps is not None:
            others = [name for name in ("steps", "spacing") if name in said]
            if others and (self.steps is not None or "spacing" in others):
                raise FieldError(
                    others[0],
                    "`timesteps` already lists every step: remove `steps` and `spacing`",
                )
        elif self.spacing != "leading" and self.steps is None:
            raise FieldError("spacing", "spacing is of steps: say how many")
        field = "timesteps" if self.timesteps is not None else "steps"
        if self.from_noise and not asks_trained(self):
            why = too_clean(Timed.asked_times(self)[0], TIMESTEPS)
            if why is not None:
                raise FieldError(field, f"{field}: {why}")
        return self

    @outside_keys
    def asked_times(self) -> list[float]:
        """The times at which a text-to-image model is asked, in order."""
        if self.timesteps is not None:
            return [*self.timesteps]
        if self.steps is not None:
            return [*spaced(TIMESTEPS, self.steps, self.spacing)]
        return [30 * index for index in range(LOOP, 0, -1)]

    def times_of(self, process: Process) -> list[float]:
        """The times of its loop, at the last of which the model is not asked.

        Raises ValueError for a process whose times have no spacing.
        """
        from fwd_report.diffusion.ddpm import CLEAN

        if self.timesteps is not None:
            return [*self.timesteps, CLEAN]
        if self.steps is None or self.spacing == "leading":
            return process.timesteps(self.steps)
        levels = getattr(process, "T", None)
        if levels is None:
            raise ValueError("spacing is for processes of numbered timesteps, such as DDPM")
        return [*spaced(levels, self.steps, self.spacing), CLEAN]


def within_loop(i_start: int, others: ValidationInfo) -> int:
    """An index of a timestep at which the model is asked, by the fields before; else ValueError."""
    fields = others.data or {}
    times = fields.get("timesteps")
    count = len(times) if times else fields.get("steps") or LOOP
    if i_start >= count:
        raise ValueError(f"should be less than {count}, not {i_start}")
    return i_start


def prompted(model: ModelHandle, prompt: str, guidance: float) -> Estimator:
    """The model's guided estimate under a prompt."""
    from fwd_report.diffusion.guidance import guided

    return guided(model.estimate(prompt), model.estimate(model.unconditional), guidance)


@outside_keys
def with_unconditional(prompts: tuple[str, ...], guidance: float | None) -> tuple[str, ...]:
    """The prompts that guided estimates query, given the conditional ones."""
    if guidance is None or guidance == 1:
        return prompts
    return ("",) if guidance == 0 else (*prompts, "")


def estimates(guidance: float | None, conditional: int = 1) -> int:
    """Evaluations per guided estimate, given the number of conditional ones."""
    if guidance is None or guidance == 1:
        return conditional
    return 1 if guidance == 0 else conditional + 1


def picture_name(image: str) -> str:
    """A picture file's name in words, for alternative texts."""
    return Path(image).stem.replace("-", " ").replace("_", " ")

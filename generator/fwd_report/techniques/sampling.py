"""What techniques that sample with a prompt have in common."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from fwd_report.outside import outside_keys
from fwd_report.plugins.named import Named
from fwd_report.techniques.base import Technique, marked_fields

if TYPE_CHECKING:
    from fwd_report.diffusion.process import Process
    from fwd_report.diffusion.program import Estimator
    from fwd_report.models.handle import ModelHandle

LOOP = 33
"""Network steps of a text-to-image model's default loop: the timesteps 990, 960, … 0."""


def _odd(width: int) -> int:
    if width % 2 == 0:
        raise ValueError("a kernel's width is odd")
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
StartIndex = Annotated[int, Field(ge=0, lt=LOOP), LoopStart()]
"""An index into the timesteps 990, 960, …: where denoising an image starts."""
AnySteps = Annotated[int, Field(ge=1, le=1000), LoopSteps()]
"""Network steps of a loop that ends at the clean image."""
SamplerName = Annotated[str, Named("samplers")]
"""What makes another process of a model's own."""
T = 1000
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
def _evenly(steps: int) -> int:
    """The steps of a text-to-image model's loop, if it starts at pure noise; else raises
    ValueError.
    """
    if why := too_uneven(T, steps):
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
    """A plug-in that takes the steps another way; None: the model's own process does."""

    @outside_keys
    def prompts(self, needs: Mapping[str, Technique]) -> tuple[str, ...]:
        """Those of its fields, and the empty one if guidance needs it."""
        asked = super().prompts(needs)
        return with_unconditional(asked, marked_value(self, GuidanceScale)) if asked else ()

    def process_of(self, model: ModelHandle) -> Process:
        """The model's process, with dynamic thresholding if requested.

        Raises ValueError for a process without clean estimates that can be thresholded.
        """
        if self.dynamic_thresholding is None:
            return model.process
        from dataclasses import replace

        from fwd_report.diffusion.ddpm import DDPM, Threshold

        if not isinstance(model.process, DDPM) or model.value_range != (-1, 1):
            raise ValueError("dynamic_thresholding is for DDPM models of images in [-1, 1]")
        return replace(model.process, threshold=Threshold(self.dynamic_thresholding))


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

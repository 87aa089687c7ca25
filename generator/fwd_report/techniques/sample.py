"""Sampling from pure noise: a text-to-image model under a prompt, or a model trained in Part B."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, model_validator

from fwd_report.techniques.base import OneRun, Prompt, Result
from fwd_report.techniques.sampling import LOOP, Guidance, Sampling, Steps, estimates

if TYPE_CHECKING:
    from fwd_report.diffusion.program import Program
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.base import Technique
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.parts import Part

PROMPT_GUIDANCE, DIGIT_GUIDANCE = 7.0, 5.0
FRAMES = 61
"""Most frames kept of a trajectory; longer ones are thinned evenly."""
FLOW_STEPS = 50


class Sample(Sampling):
    """Draw x_T and go down all timesteps, with classifier-free guidance where there is a condition.

    With `trajectory`, frame k of `trajectory` is x at series["t"][k].
    """

    name: ClassVar[str] = "sample"

    prompt: Prompt | None = None
    """For the report's text-to-image model."""
    model: OneRun | None = None
    """A training, `id` or `id@epoch`; None: the report's text-to-image model."""
    digit: int | None = Field(default=None, ge=0, le=9)
    """The class, for a class-conditional model; None: no class."""
    guidance: Guidance | None = None
    """γ: by default 7 for a prompt, 5 for a digit and none otherwise; 1 is no guidance."""
    steps: Steps | None = None
    """None: the strided timesteps of the assignment, or all of a model trained in Part B."""
    trajectory: bool = False
    """Keep the frames of the way."""

    @model_validator(mode="before")
    @classmethod
    def _default_guidance(cls, fields: Any) -> Any:
        if not isinstance(fields, dict) or fields.get("guidance") is not None:
            return fields
        if fields.get("prompt") is not None:
            return {**fields, "guidance": PROMPT_GUIDANCE}
        if fields.get("digit") is not None:
            return {**fields, "guidance": DIGIT_GUIDANCE}
        return fields

    @model_validator(mode="after")
    def _one_source(self) -> Sample:
        if (self.prompt is None) == (self.model is None):
            raise ValueError("sample needs a prompt, or a model trained in this report")
        if self.digit is not None and self.model is None:
            raise ValueError("digit is for a model trained in this report; use prompt")
        return self

    def calls(self, needs: Mapping[str, Technique]) -> int:
        steps = self.steps or LOOP
        training = needs.get("model")
        if training is not None and self.steps is None:
            flow = getattr(training, "objective", "") == "flow"
            steps = FLOW_STEPS if flow else getattr(training, "timesteps", 0)
        conditional = self.prompt is not None or self.digit is not None
        return steps * estimates(self.guidance if conditional else None)

    def describe(self) -> str:
        if self.prompt is not None:
            return f"sample: {self.prompt or 'no prompt'}"
        return "sample" if self.digit is None else f"sample of class {self.digit}"

    def objection(self, field: str, target: Technique) -> str | None:
        """Its model is a UNet that was trained, and was told the class if there is a digit."""
        if target.name != "train":
            return f"which trains no model to sample from: its technique is {target.name}"
        if target.objective == "denoiser":  # type: ignore[attr-defined]
            return "which trains a denoiser: technique denoise asks it, of pure_noise too"
        if self.digit is not None and getattr(target, "conditioning", None) != "class":
            return "which is not told the class: leave digit out, or train conditioning class"
        if self.digit is None and self.guidance is not None:
            return "which guidance would need a class of: add digit, or leave guidance out"
        if self.dynamic_thresholding is not None:
            return "whose images lie in [0, 1]: dynamic_thresholding is for text-to-image models"
        most = target.timesteps if target.objective == "ddpm" else 1000  # type: ignore[attr-defined]
        if self.steps is not None and self.steps > most:
            return f"which takes at most {most} steps, not {self.steps}"
        if self.steps is not None and target.objective == "ddpm":  # type: ignore[attr-defined]
            return _too_uneven(most, self.steps)
        return None

    def program(self, run: RunContext) -> Program[Result]:
        import torch

        from fwd_report.diffusion.guidance import guided
        from fwd_report.diffusion.loops import denoise, evenly

        model = run.asked
        process = self.process_of(model)
        condition = self.digit if self.prompt is None else self.prompt
        estimate = model.estimate(condition)
        if self.guidance is not None and condition is not None:
            estimate = guided(estimate, model.estimate(model.unconditional), self.guidance)
        timesteps = process.timesteps(self.steps)
        x = run.noise.draw(model.shape)
        trajectory = yield from denoise(process, x, timesteps, estimate, run.noise)
        result = Result(trajectory[-1])
        if self.trajectory:
            result.frames["trajectory"] = torch.stack(evenly(trajectory, FRAMES))
            result.series["t"] = [float(t) for t in evenly(timesteps, FRAMES)]
        return result

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        from fwd_report.techniques.sheets import sheets
        from fwd_report.techniques.trajectories import animations_of

        return [*sheets(entries), *animations_of(entries)]


def _too_uneven(T: int, steps: int) -> str | None:
    """Why `steps` equal strides of T timesteps, rounded down, would not begin at pure noise."""
    stride = T // steps
    if T % steps == 0 or (steps - 1) * stride >= 0.9 * T:
        return None
    return (
        f"whose {T} timesteps {steps} steps cannot share evenly: they would begin at "
        f"t = {(steps - 1) * stride}, not at pure noise; take {T // (stride + 1)} or {T}"
    )

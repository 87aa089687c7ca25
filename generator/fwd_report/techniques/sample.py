"""Sampling from pure noise: a text-to-image model under a prompt, or a model trained in Part B."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field, ValidationInfo, field_validator, model_validator

from fwd_report.diffusion.spacing import spaced
from fwd_report.diffusion.thinning import evenly
from fwd_report.errors import FieldError
from fwd_report.outside import outside_keys
from fwd_report.techniques.base import AskedClass, Prompt, Result, Trained
from fwd_report.techniques.guiding import Guided
from fwd_report.techniques.sampling import TIMESTEPS, AnySteps, Guidance, too_clean, too_uneven
from fwd_report.techniques.scripted import Scripted
from fwd_report.techniques.words import prompt_in_words

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


class Sample(Guided):
    """Draw x_T and go down all timesteps, with classifier-free guidance where there is a condition.

    With `trajectory`, frame k of `trajectory` is x at series["t"][k].
    """

    name: ClassVar[str] = "sample"

    prompt: Prompt | None = None
    """For the report's text-to-image model."""
    model: Trained | None = None
    """A training, `id` or `id@epoch`; None: the report's text-to-image model."""
    digit: Annotated[int, AskedClass()] | None = Field(default=None, ge=0, le=9)
    """The class, for a class-conditional model; None: no class."""
    guidance: Guidance | None = None
    """γ: by default 7 for a prompt, 5 for a digit and none otherwise; 1 is no guidance. It changes
    nothing for the empty prompt, which is the unconditional one."""
    steps: AnySteps | None = None
    """None: the strided timesteps of the assignment, or all of a model trained in Part B."""
    trajectory: bool = False
    """Keep the frames of the way."""

    @field_validator("steps")
    @classmethod
    def _even(cls, steps: int | None, others: ValidationInfo) -> int | None:
        """A trained model has a different number of steps, which `objection` checks."""
        leading = others.data.get("spacing", "leading") == "leading"
        pretrained = others.data.get("model") is None
        if steps is not None and leading and pretrained and (why := too_uneven(TIMESTEPS, steps)):
            raise ValueError(why)
        return steps

    @model_validator(mode="before")
    @classmethod
    def _default_guidance(cls, fields: Any) -> Any:
        if not isinstance(fields, dict) or fields.get("guidance") is not None:
            return fields
        if fields.get("prompt") or (fields.get("prompt") == "" and fields.get("negative_prompt")):
            return {**fields, "guidance": PROMPT_GUIDANCE}
        if fields.get("digit") is not None:
            return {**fields, "guidance": DIGIT_GUIDANCE}
        return fields

    @model_validator(mode="after")
    def _one_source(self) -> Sample:
        if (self.prompt is None) == (self.model is None):
            raise ValueError("sample needs a prompt, or a model trained in this report")
        if self.digit is not None and self.model is None:
            raise FieldError("digit", "digit is for a model trained in this report; use prompt")
        if self.negative_prompt and self.prompt is None:
            raise FieldError(
                "negative_prompt", "negative_prompt is for the report's text-to-image model"
            )
        return self

    @classmethod
    def front_rank(cls) -> int | None:
        return 3

    @classmethod
    def scripted(cls) -> Scripted:
        return Scripted()

    def network_steps(self, needs: Mapping[str, Technique]) -> int:
        training = next(iter(needs.values()), None)
        if training is None:
            return super().network_steps(needs)
        levels = getattr(training, "timesteps", 0)
        if getattr(training, "objective", "") == "flow":
            times: list[float] = [0.0] * (self.steps or FLOW_STEPS)
        elif self.timesteps is not None:
            times = [*self.timesteps]
        elif self.steps is not None:
            times = [*spaced(levels, min(self.steps, levels), self.spacing)]
        else:
            times = [*range(levels)]
        asked = ("",) if self.digit is None else ("digit",)
        return len(self.guide.all_asked((asked,), times))

    def prompts(self, needs: Mapping[str, Technique]) -> tuple[str, ...]:
        return () if self.prompt is None else super().prompts(needs)

    def describe(self) -> str:
        if self.prompt is not None:
            return f"sample: {prompt_in_words(self.prompt)}"
        return "sample" if self.digit is None else f"sample of class {self.digit}"

    def numbers(self) -> Mapping[str, Sequence[str]]:
        return {"series": ("t",)} if self.trajectory else {}

    def objection(self, field: str, target: Technique) -> str | None:
        """Its model must be a trained UNet, with class conditioning if there is a digit."""
        from fwd_report.techniques.train import Train

        if not isinstance(target, Train):
            return f"which trains no model to sample from: its technique is {target.name}"
        if target.objective == "denoiser":
            return "which trains a denoiser: technique denoise asks it, of pure_noise too"
        if self.digit is not None and getattr(target, "conditioning", None) != "class":
            return "which is not told the class: leave digit out, or train conditioning class"
        if self.digit is None and self.guidance is not None:
            return "which guidance would need a class of: add digit, or leave guidance out"
        if self.dynamic_thresholding is not None:
            return "whose images lie in [0, 1]: dynamic_thresholding is for text-to-image models"
        most = target.timesteps if target.objective == "ddpm" else 1000
        if self.steps is not None and self.steps > most:
            return f"which takes at most {most} steps, not {self.steps}"
        if target.objective == "flow" and (why := self._of_ddpm()):
            return f"which is a flow: {why}"
        if self.timesteps is not None and self.timesteps[0] >= most:
            return f"whose timesteps end at {most - 1}: {self.timesteps[0]} is none"
        reason = self._starts_late(most) if target.objective == "ddpm" else None
        return reason and f"of which {reason}"

    @outside_keys
    def _starts_late(self, levels: int) -> str | None:
        """Why its loop over so many timesteps does not start near pure noise."""
        if self.timesteps is not None:
            return too_clean(self.timesteps[0], levels)
        if self.steps is None:
            return None
        uneven = too_uneven(levels, self.steps) if self.spacing == "leading" else None
        return uneven or too_clean(spaced(levels, self.steps, self.spacing)[0], levels)

    @outside_keys
    def _of_ddpm(self) -> str:
        """What it asks for that flows have not."""
        if self.sampler in ("ddpm", "ddim"):
            return f"sampler {self.sampler} is for models trained by objective ddpm"
        said = {
            "timesteps": self.timesteps is not None,
            "spacing": self.spacing != "leading",
            "guidance_interval": self.guidance_interval is not None,
        }
        found = next((name for name, is_said in said.items() if is_said), "")
        return found and f"{found} is about timesteps, which it has none of"

    def program(self, run: RunContext) -> Program[Result]:
        import torch

        from fwd_report.diffusion.loops import denoise

        model = run.asked
        process = self.process_of(model)
        condition = self.digit if self.prompt is None else self.prompt
        estimate = model.estimate(condition)
        if self.prompt is not None:
            estimate = self.guide.prompted(model.estimate, self.prompt)
        elif condition != model.unconditional:
            estimate = self.guide.over(estimate, model.estimate(model.unconditional))
        timesteps = self.times_of(process)
        x = run.noise.draw(model.shape)
        kept = evenly(len(timesteps), FRAMES) if self.trajectory else [-1]
        images = yield from denoise(process, x, timesteps, estimate, run.noise, keep=kept)
        result = Result(images[-1])
        if self.trajectory:
            result.frames["trajectory"] = torch.stack(images)
            result.series["t"] = [float(timesteps[i]) for i in kept]
        return result

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        from fwd_report.techniques.sheets import sheets
        from fwd_report.techniques.trajectories import animations_of

        return [*sheets(entries), *animations_of(entries)]

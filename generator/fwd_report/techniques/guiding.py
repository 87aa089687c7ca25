"""Guidance as specs say it: γ, a negative prompt, rescaling, an interval; and what it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, Field

from fwd_report.outside import outside_keys
from fwd_report.techniques.base import (
    NotByDefault,
    Prompt,
    PromptText,
    Reading,
    Technique,
    marked_fields,
)
from fwd_report.techniques.sampling import TIMESTEPS, Timed

if TYPE_CHECKING:
    from fwd_report.diffusion.program import Estimator


@dataclass(frozen=True)
class Guide:
    """How estimates are guided: see `guided` of diffusion/guidance.py.

    scale: γ; None: not at all. away: the prompt that they are led away from.
    """

    scale: float | None
    away: str = ""
    rescale: float = 0.0
    interval: tuple[int, int] | None = None

    def over(self, conditional: Estimator, unconditional: Estimator) -> Estimator:
        """The guided estimate."""
        from fwd_report.diffusion.guidance import guided

        if self.scale is None:
            return conditional
        return guided(conditional, unconditional, self.scale, self.rescale, self.interval)

    def prompted(self, under: Callable[[str], Estimator], prompt: str) -> Estimator:
        """The guided estimate under a prompt; under `away` itself guidance changes nothing."""
        if prompt == self.away:
            return under(prompt)
        return self.over(under(prompt), under(self.away))

    @outside_keys
    def asks(self, conditional: tuple[str, ...], t: float) -> tuple[str, ...]:
        """The prompts of the evaluations of one estimate at t with these conditional ones."""
        inside = self.interval is None or self.interval[0] < t <= self.interval[1]
        if self.scale is None or self.scale == 1 or conditional == (self.away,) or not inside:
            return conditional
        return (self.away,) if self.scale == 0 else (*conditional, self.away)

    @outside_keys
    def all_asked(
        self, estimates: Sequence[tuple[str, ...]], times: Iterable[float]
    ) -> tuple[str, ...]:
        """The prompts of all evaluations of a loop that makes these estimates at these times."""
        return tuple(p for t in times for each in estimates for p in self.asks(each, t))


def _in_order(interval: tuple[int, int]) -> tuple[int, int]:
    if interval[0] >= interval[1]:
        raise ValueError("should be [low, high], with low < high")
    return interval


Timestep = Annotated[int, Field(ge=0, le=TIMESTEPS, strict=True)]
Interval = Annotated[tuple[Timestep, Timestep], AfterValidator(_in_order)]
"""[low, high]: the timesteps t with low < t ≤ high."""


@outside_keys
def asked_fields(technique: type[Technique], params: Mapping[str, Any]) -> Mapping[str, Any]:
    """A guided technique's fields with the prompts that its pictures are asked under.

    Where γ is 0, that is the negative prompt in place of each: what guidance leads away from.
    """
    if params.get("guidance") != 0 or params.get("guidance_interval") is not None:
        return params
    away = params.get("negative_prompt") or ""
    prompts = (name for name, mark in marked_fields(technique, PromptText).items() if not mark.away)
    return {**params, **{name: away for name in prompts if params.get(name) is not None}}


class Guided(Timed):
    """A technique that goes down the timesteps with guidance.

    A subclass declares the field `guidance`, which is γ, with its own default.
    """

    if TYPE_CHECKING:
        guidance: float | None

    negative_prompt: Annotated[Prompt, PromptText(away=True), NotByDefault()] = ""
    """What pictures are led away from: it stands for the empty prompt in guidance."""
    guidance_rescale: Annotated[float, NotByDefault()] = Field(default=0.0, ge=0, le=1)
    """φ of Lin et al. 2024: which share of a guided estimate is made as spread as the conditional
    one; 0: none. Without effect where γ is 0 or 1."""
    guidance_interval: Annotated[Interval | None, NotByDefault()] = None
    """[low, high]: guidance at timesteps low < t ≤ high alone (Kynkäänniemi et al. 2024), and γ = 1
    at the others; None: at all."""

    @property
    def guide(self) -> Guide:
        """How its estimates are guided."""
        return Guide(
            self.guidance,
            self.negative_prompt,
            self.guidance_rescale,
            self.guidance_interval,
        )

    def as_asked(self) -> Self:
        """The same with the prompts that its pictures are asked under: see `asked_fields`."""
        return self.model_copy(update=dict(asked_fields(type(self), dict(self))))

    @classmethod
    @outside_keys
    def readings(cls, params: Mapping[str, Any]) -> tuple[Reading, ...]:
        """The default one, of what was asked."""
        return super().readings(asked_fields(cls, params))

    @outside_keys
    def alt(self, axes: Mapping[str, Any]) -> str:
        """The alt text of what was asked, without values of prompts that were not."""
        asked = self.as_asked()
        shown = {name: value for name, value in axes.items() if name not in self._unasked()}
        return super(Guided, asked).alt(shown)

    @outside_keys
    def _unasked(self) -> list[str]:
        """Its prompt fields that guidance leaves unasked."""
        asked = asked_fields(type(self), dict(self))
        return [name for name, value in self if asked[name] != value]

    @outside_keys
    def network_steps(self, needs: Mapping[str, Technique]) -> int:
        """Every evaluation of its loop."""
        return len(self.guide.all_asked(self.guided_prompts(), self.asked_times()))

    @outside_keys
    def prompts(self, needs: Mapping[str, Technique]) -> tuple[str, ...]:
        """Those of all evaluations of its loop."""
        asked = self.guide.all_asked(self.guided_prompts(), self.asked_times())
        return tuple(dict.fromkeys(asked))

    def without_effect(self) -> Mapping[str, tuple[str, str]]:
        leave = "leave it out, or raise guidance"
        found: dict[str, tuple[str, str]] = {}
        for field in self._unasked():
            other = "negative_prompt" if self.negative_prompt else "the empty prompt"
            why = f"with guidance 0 only {other} is asked"
            found[field] = why, "raise guidance"
        if self.guidance == 1:
            why = "with guidance 1 the prompt's own estimate is taken as it is"
            if self.negative_prompt:
                found["negative_prompt"] = why, leave
            if self.guidance_interval is not None:
                found["guidance_interval"] = why, leave
        if self.guidance in (0, 1) and self.guidance_rescale:
            why = f"with guidance {self.guidance:g} no two estimates are combined"
            found["guidance_rescale"] = why, leave
        return found

"""Small techniques for tests of the spec stage: no program, every kind of field."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, field_validator

from fwd_report.techniques.base import (
    AllRuns,
    EachRun,
    ImageFile,
    MaskFile,
    Prompt,
    Technique,
    Trained,
)
from fwd_report.techniques.framing import Inverted, Pictured


class Draw(Technique):
    """Draws a prompt."""

    name: ClassVar[str] = "draw"

    prompt: Prompt = "a photo"
    """What is drawn."""
    steps: int = Field(default=20, ge=1, le=1000)
    guidance: float = 7.0
    method: Literal["ddpm", "flow"] = "ddpm"
    clip: bool = False
    times: tuple[int, ...] | None = None


class Blend(Technique):
    """Needs two prompts."""

    name: ClassVar[str] = "blend"

    low: Prompt
    high: Prompt
    kernel_size: int = 33

    @field_validator("kernel_size")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("should be odd, so that the kernel has a middle")
        return value


class Fill(Pictured):
    """Fills a hole in a picture."""

    name: ClassVar[str] = "fill"

    image: ImageFile
    mask: MaskFile | None = None
    inverted: Inverted = False


class Enlarge(Technique):
    """Enlarges each run of another experiment."""

    name: ClassVar[str] = "enlarge"

    of: EachRun


class Train(Technique):
    """A training."""

    name: ClassVar[str] = "train"
    kind: ClassVar[Literal["job"]] = "job"

    epochs: int = Field(default=5, ge=1)

    def epochs_kept(self) -> int:
        return self.epochs


class Ask(Technique):
    """Asks a trained model."""

    name: ClassVar[str] = "ask"

    model: Trained


class Chart(Technique):
    """Shows several experiments."""

    name: ClassVar[str] = "chart"
    kind: ClassVar[Literal["figure"]] = "figure"

    of: list[AllRuns] = Field(min_length=1)


TECHNIQUES: dict[str, type[Technique]] = {
    technique.name: technique for technique in (Draw, Blend, Fill, Enlarge, Train, Ask, Chart)
}

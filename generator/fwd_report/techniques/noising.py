"""Noise on a clean test image: what a denoiser is trained to undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from fwd_report.techniques.base import Result, Technique
from fwd_report.training.catalogue import DatasetName

if TYPE_CHECKING:
    from fwd_report.diffusion.program import Program
    from fwd_report.techniques.context import RunContext


class Noising(Technique):
    """z = x + σε for one image of the test split."""

    name: ClassVar[str] = "noising"
    stage: ClassVar[None] = None

    dataset: DatasetName | None = None
    """None: the report's."""
    example: int = Field(default=0, ge=0, lt=1_000_000)
    """Which image of the test split."""
    sigma: float = Field(default=0.5, ge=0)

    def describe(self) -> str:
        """What the picture shows, for alt texts."""
        return f"test image {self.example} of {self.dataset} with noise"

    def numbers(self) -> Mapping[str, Sequence[str]]:
        return {}

    def program(self, run: RunContext) -> Program[Result]:
        """Uses no model."""
        from fwd_report.diffusion.additive import AdditiveNoise
        from fwd_report.training.datasets import load_dataset

        x = load_dataset(self.dataset or "digits", run.data, run.news).test_image(self.example)
        z = AdditiveNoise(self.sigma).forward(x, self.sigma, run.noise.draw(x.shape))
        yield from ()
        return Result(image=z)

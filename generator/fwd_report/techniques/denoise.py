"""A trained one-step denoiser on test images, at its own σ, at others, and on pure noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from fwd_report.techniques.base import Result, Technique, Trained
from fwd_report.training.catalogue import DatasetName

if TYPE_CHECKING:
    from torch import Tensor

    from fwd_report.diffusion.program import Prediction, Program
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.parts import Part


class Denoise(Technique):
    """One model call maps z = x + σε to an estimate of x; measured over many test images."""

    name: ClassVar[str] = "denoise"
    stage: ClassVar[None] = None

    model: Trained
    """The trained denoiser, as `id` or `id@epoch`."""
    dataset: DatasetName | None = None
    """None: the report's."""
    example: int = Field(default=0, ge=0, lt=1_000_000)
    """Which image of the test split is shown."""
    sigma: float = Field(default=0.5, ge=0)
    pure_noise: bool = False
    """Denoise σε alone, which holds no image."""
    images: int = Field(default=100, ge=1, le=100_000)
    """How many test images, from the first on, the metrics average over."""

    def network_steps(self, needs: Mapping[str, Technique]) -> int:
        """One for the picture, one for each image that is measured."""
        return 1 + self.images

    def describe(self) -> str:
        """What the picture shows, for alt texts."""
        source = "pure noise" if self.pure_noise else f"test image {self.example} with noise"
        return f"{source} of σ = {self.sigma:g}, denoised in one step"

    def objection(self, field: str, target: Technique) -> str | None:
        """Its model must be a denoiser."""
        if getattr(target, "objective", None) != "denoiser":
            return "which trains no denoiser (technique train, objective denoiser)"
        return None

    def numbers(self) -> Mapping[str, Sequence[str]]:
        errors = ("mse_to_mean",) if self.pure_noise else ("mse", "psnr", "psnr_shown")
        return {"metrics": (*errors, "images")}

    def program(self, run: RunContext) -> Program[Result]:
        """Draws noise for the shown image first, then for each measured one.

        Metrics: psnr (dB, of the pictures as shown) and mse against the original, averaged over
        `images` test images, and psnr_shown, of the shown image; for pure noise instead
        mse_to_mean, against the mean of the training images.
        """
        import torch

        from fwd_report.diffusion.metrics import closeness
        from fwd_report.diffusion.program import together
        from fwd_report.training.datasets import load_dataset

        model = run.asked
        dataset = load_dataset(self.dataset or "digits", run.data, run.news)
        x = dataset.test_image(self.example).to(run.device)
        measured = dataset.test_images[: self.images].to(run.device)
        noisy = [self._noisy(run, image) for image in (x, *measured)]
        estimate = model.estimate(None)
        answers: tuple[Prediction, ...] = yield from together(
            *(estimate(z, self.sigma) for z in noisy)
        )
        shown, *estimates = (answer.value for answer in answers)
        images = {"noisy": noisy[0], "original": x}
        if self.pure_noise:
            mean = dataset.train_images.mean(0).to(run.device)
            errors = (torch.stack(estimates) - mean).square()
            metrics = {"mse_to_mean": errors.mean().item(), "images": len(measured)}
            return Result(shown, images | {"mean": mean}, metrics=metrics)
        errors = (torch.stack(estimates) - measured).square()

        def psnr_of(estimate: Tensor, original: Tensor) -> float:
            return closeness(estimate, original, model.value_range)["psnr"]

        psnr = [psnr_of(*pair) for pair in zip(estimates, measured, strict=True)]
        metrics = {
            "mse": errors.mean().item(),
            "psnr": sum(psnr) / len(psnr),
            "psnr_shown": psnr_of(shown, x),
            "images": len(measured),
        }
        return Result(shown, images, metrics=metrics)

    def _noisy(self, run: RunContext, x: Tensor) -> Tensor:
        noise = self.sigma * run.noise.draw(x.shape)
        return noise if self.pure_noise else x + noise

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        """Columns as swept last; a row of inputs above the rows of each model's outputs."""
        from fwd_report.techniques.grids import swept_grid
        from fwd_report.techniques.originals import decibels, looks
        from fwd_report.techniques.parts import Grid, Picture

        def note(run: Entry) -> str:
            of = run.metrics
            return (
                f"{decibels(of['psnr_shown'])}, mean\N{NO-BREAK SPACE}{of['psnr']:.1f}"
                if "psnr" in of
                else ""
            )

        answers = swept_grid(entries)
        rows: list[tuple[Picture | None, ...]] = []
        labels: list[str] = []
        above: list[str | None] = []
        for index, row in enumerate(answers.rows):
            runs = [picture.entry if picture else None for picture in row]
            given = [looks(run, "noisy") if run else None for run in runs]
            if len(given) != len(above) or any(
                mine is not None and mine != theirs
                for mine, theirs in zip(given, above, strict=True)
            ):
                above = given
                rows.append(
                    tuple(
                        Picture(run.picture("noisy"), f"the input: {run.alt}", entry=run)
                        if run
                        else None
                        for run in runs
                    )
                )
                labels.append("input")
            rows.append(
                tuple(
                    Picture(run.picture(), run.alt, note=note(run), entry=run) if run else None
                    for run in runs
                )
            )
            labels.append(answers.row_labels[index] if answers.row_labels else "denoised")
        measured = {f"{run.metrics['images']:.0f}" for run in entries if "psnr" in run.metrics}
        means = f"the mean over {' or '.join(sorted(measured))} test images"
        notes = f"PSNR against the original, of the picture and {means}" if measured else ""
        return [Grid(tuple(rows), tuple(labels), answers.column_labels, notes)]

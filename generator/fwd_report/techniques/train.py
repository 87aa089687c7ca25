"""Training a UNet from scratch: a denoiser, a DDPM or a flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, model_validator

from fwd_report.errors import FieldError
from fwd_report.techniques.base import Result, Technique
from fwd_report.techniques.network import Network
from fwd_report.training.catalogue import (
    DatasetName,
    NetworkName,
    ObjectiveName,
    training_size,
)

if TYPE_CHECKING:
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.parts import Part

COURSE: Mapping[str, Mapping[str, Any]] = {
    "denoiser": {"conditioning": "none", "hidden": 128, "batch": 256, "lr": 1e-4, "epochs": 5},
    "ddpm": {"conditioning": "time", "hidden": 64, "batch": 128, "lr": 1e-3, "epochs": 20},
    "flow": {"conditioning": "time", "hidden": 64, "batch": 64, "lr": 1e-2, "epochs": 10},
}
"""The assignment's settings, for fields that a spec leaves out."""
MEASURED_WIDTH = 16
"""The width D of the networks with measured rates, on two cores."""
STEP_RATE, CALL_RATE = 2.2e-3, 1.6e-3
"""Seconds per image of a training step, and per call of the trained network, at that width."""


class Train(Network):
    """Train a UNet; every epoch's weights are kept, so `id@epoch` never trains again."""

    name: ClassVar[str] = "train"
    kind: ClassVar[Literal["job"]] = "job"
    stage: ClassVar[None] = None

    objective: ObjectiveName = "ddpm"
    """denoiser, ddpm, flow, or a process of one's own."""
    network: NetworkName = "unet"
    """The assignment's UNet, or a network of one's own, which is given these fields."""
    dataset: DatasetName | None = None
    """None: the report's."""
    pure_noise: bool = False
    """Train a denoiser on noise alone, which holds nothing of the image it should answer."""
    timesteps: int = Field(default=300, ge=2, le=10_000)
    """T of a DDPM."""
    p_uncond: float = Field(default=0.1, ge=0, le=1)
    """How often a class-conditional training forgets the label."""
    batch: int = Field(default=128, ge=1, le=100_000)
    lr: float = Field(default=1e-3, gt=0)
    decay: float | None = Field(default=None, gt=0, le=1)
    """What multiplies lr after each epoch; None: 0.1^(1/epochs), and 1 for a denoiser."""
    epochs: int = Field(default=20, ge=1, le=999)
    examples: int | None = Field(default=None, ge=1, le=1_000_000)
    """Images an epoch takes, for small budgets; None: the whole training split."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """"auto": bf16 where the device computes in it, else fp32."""
    compile: bool = False
    """Train through torch.compile; worth its minute for long trainings only."""

    @model_validator(mode="before")
    @classmethod
    def _course_defaults(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        return {**COURSE.get(str(values.get("objective", "ddpm")), {}), **values}

    @model_validator(mode="after")
    def _denoiser_is_told_nothing(self) -> Train:
        if self.objective == "denoiser" and self.conditioning != "none":
            raise FieldError(
                "conditioning",
                "a denoiser is told neither time nor class: leave conditioning out, or choose "
                "objective ddpm or flow",
            )
        if self.normalise and self.objective != "denoiser":
            raise FieldError("normalise", "normalise is for a denoiser, whose noise has one σ")
        return self

    def network_steps(self, needs: Mapping[str, Technique]) -> int:
        """Optimizer steps."""
        size = training_size(self.dataset)
        return self.epochs * -(-min(size, self.examples or size) // self.batch)

    @classmethod
    def loss_name(cls) -> str:
        return "mean square error"

    def first_rate(self, asked: bool = False) -> float | None:
        """Proportional to the square of the width; unknown for networks from plug-ins."""
        if self.network != "unet":
            return None
        growth = (self.hidden / MEASURED_WIDTH) ** 2
        return growth * (CALL_RATE if asked else STEP_RATE * self.batch)

    def epochs_kept(self) -> int:
        """Every epoch."""
        return self.epochs

    def describe(self) -> str:
        """What is trained, for alt texts."""
        return f"training of a {self.objective} on {self.dataset}"

    def numbers(self) -> Mapping[str, Sequence[str]]:
        return {"metrics": ("parameters", "loss", "test_loss", "test_images"), "series": ("loss",)}

    def job(self, run: RunContext) -> Result:
        """Train, or continue an interrupted training; the weights stay in the folder.

        Metrics: parameters; loss, the mean over the last epoch; test_loss, the mean square error on
        the test split; test_images.
        """
        import torch

        from fwd_report.training.datasets import load_dataset
        from fwd_report.training.loop import Schedule, Task, computed_in, test_loss
        from fwd_report.training.named_networks import network_of
        from fwd_report.training.objectives import objective_of
        from fwd_report.training.parallel import train_on

        if run.folder is None or self.dataset is None:
            raise ValueError("a training needs a folder and a dataset")
        dataset = load_dataset(self.dataset, run.data, run.news)
        schedule = Schedule(
            epochs=self.epochs,
            batch=self.batch,
            lr=self.lr,
            decay=self._decay(),
            seed=run.seed,
            examples=self.examples,
            precision=self.precision,
            compile=self.compile,
        )
        fields = self.model_dump()
        objective = objective_of(fields)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(run.seed)
            network = network_of(fields)
        labelled = self.conditioning == "class"
        labels = dataset.train_labels if labelled else None
        images, folder = dataset.train_images, run.folder
        task = Task(network, objective, images, labels, schedule, folder, run.device)
        losses = train_on(task, run.progress)
        last = losses[-(len(losses) // self.epochs) :]
        metrics = {
            "parameters": sum(parameter.numel() for parameter in network.parameters()),
            "loss": sum(last) / len(last),
            "test_loss": test_loss(
                network,
                objective,
                dataset.test_images,
                dataset.test_labels if labelled else None,
                run.seed,
            ),
            "test_images": len(dataset.test_images),
        }
        precision = computed_in(run.device, self.precision)
        return Result(metrics=metrics, series={"loss": losses}, precision=precision)

    def _decay(self) -> float:
        if self.decay is not None:
            return self.decay
        return 1.0 if self.objective == "denoiser" else 0.1 ** (1 / self.epochs)

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        """The training loss of each run, one line each, on a log axis."""
        from fwd_report.techniques.loss_curves import loss_curve

        return [loss_curve(entries)]

"""A small classifier that evaluates samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from fwd_report.techniques.base import Result, Technique
from fwd_report.training.catalogue import DatasetName, training_size

if TYPE_CHECKING:
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.parts import Part


STEP_RATE = 3e-4
"""Seconds per image of a training step, on two cores."""


class Classify(Technique):
    """Train the classifier: it labels samples, and the KID compares its features."""

    name: ClassVar[str] = "classify"
    kind: ClassVar[Literal["job"]] = "job"
    stage: ClassVar[None] = None

    dataset: DatasetName | None = None
    """None: the report's."""
    epochs: int = Field(default=5, ge=1, le=999)
    batch: int = Field(default=64, ge=1, le=100_000)
    lr: float = Field(default=1e-3, gt=0)

    def network_steps(self, needs: Mapping[str, Technique]) -> int:
        """Optimizer steps."""
        return self.epochs * -(-training_size(self.dataset) // self.batch)

    @classmethod
    def loss_name(cls) -> str:
        return "cross entropy"

    def first_rate(self, asked: bool = False) -> float | None:
        return None if asked else STEP_RATE * self.batch

    def epochs_kept(self) -> int:
        """Every epoch."""
        return self.epochs

    def describe(self) -> str:
        """What is trained, for alt texts."""
        return f"training of a classifier on {self.dataset}"

    def numbers(self) -> Mapping[str, Sequence[str]]:
        return {"metrics": ("accuracy", "test_images"), "series": ("loss",)}

    def job(self, run: RunContext) -> Result:
        """Train, or continue an interrupted training.

        Metrics: accuracy, the fraction of the test split that it labels correctly.
        """
        import torch
        from torch.nn.functional import cross_entropy

        from fwd_report.training.classifier import Classifier, accuracy
        from fwd_report.training.datasets import load_dataset
        from fwd_report.training.loop import Schedule, Task, computed_in, train
        from fwd_report.training.objectives import Classification

        if run.folder is None or self.dataset is None:
            raise ValueError("a training needs a folder and a dataset")
        dataset = load_dataset(self.dataset, run.data, run.news)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(run.seed)
            network = Classifier()
        task = Task(
            network,
            Classification(),
            dataset.train_images,
            dataset.train_labels,
            Schedule(self.epochs, self.batch, self.lr, 0.1 ** (1 / self.epochs), run.seed),
            run.folder,
            run.device,
            cross_entropy,
        )
        losses = train(task, run.progress)
        metrics = {
            "accuracy": accuracy(network, dataset.test_images, dataset.test_labels),
            "test_images": len(dataset.test_images),
        }
        precision = computed_in(run.device, "auto")
        return Result(metrics=metrics, series={"loss": losses}, precision=precision)

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        """Its test accuracy."""
        from fwd_report.techniques.labels import Labels
        from fwd_report.techniques.parts import Table

        labels = Labels(entries)
        return [
            Table(
                ("classifier of", "test images", "accuracy"),
                tuple(
                    (
                        ", ".join(filter(None, (str(entry.params["dataset"]), labels.run(entry)))),
                        f"{entry.metrics['test_images']:.0f}",
                        f"{entry.metrics['accuracy']:.1%}",
                    )
                    for entry in entries
                ),
            )
        ]

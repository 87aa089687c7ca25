"""Samples evaluated by a classifier: do they show the requested digit, and are they like real
ones?
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan, nan
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from fwd_report.techniques.base import (
    AllRuns,
    AskedClass,
    OneRun,
    Result,
    Technique,
    asks_trained,
    marked_fields,
)
from fwd_report.training.catalogue import DatasetName

if TYPE_CHECKING:
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.context import RunContext
    from fwd_report.techniques.parts import Part

WITHIN_A_GROUP = ("sample", "seed")
"""Axes along which samples form a group, besides the requested class."""

Axes = tuple[tuple[str, Any], ...]
"""Swept fields with their values."""


class Evaluate(Technique):
    """Accuracy on the requested digit, and the kernel distance (KID) in the classifier's features.

    Samples are evaluated in groups: all digits and samples of one checkpoint, one guidance scale,
    and so on.
    """

    name: ClassVar[str] = "evaluate"
    kind: ClassVar[Literal["job"]] = "job"
    stage: ClassVar[None] = None

    of: AllRuns
    """The sampling experiment."""
    classifier: OneRun
    dataset: DatasetName | None = None
    """None: the report's; its test split is what the samples are compared with."""

    def describe(self) -> str:
        """What is measured, for alt texts."""
        return f"quality of the samples of {self.of}"

    @classmethod
    def shows_all_epochs(cls) -> bool:
        return True

    def objection(self, field: str, target: Technique) -> str | None:
        """It evaluates samples of trained models, with a classifier."""
        from fwd_report.techniques.classify import Classify

        if field == "classifier" and not isinstance(target, Classify):
            return f"which is no classifier: its technique is {target.name}"
        if field == "of" and (
            marked_fields(type(target), AskedClass) == {} or not asks_trained(target)
        ):
            return "which samples no model trained in this report"
        return None

    def numbers(self) -> Mapping[str, Sequence[str]]:
        names = ("samples", "kid", "kid_spread", "kid_subset", "accuracy")
        return {"metrics": names, "series": names}

    def job(self, run: RunContext) -> Result:
        """Evaluate every group.

        Metrics, of the last group, and series, of every group in order: samples; kid and
        kid_spread, in the classifier's features against the test split, if the group is large
        enough, with kid_subset, how many of each are compared at a time; accuracy, if every sample
        was requested as a digit. Undefined values are nan in the series.
        """
        import torch

        from fwd_report.models.stored import tensors_of
        from fwd_report.training.classifier import features, load_classifier, predicted_labels
        from fwd_report.training.datasets import load_dataset
        from fwd_report.training.kernel_distance import LEAST, kernel_distance, subset_size

        trained = run.needs["classifier"][0]
        epoch = run.epochs.get("classifier") or int(trained.params["epochs"])
        classifier = load_classifier(trained, epoch, run.device)
        dataset = load_dataset(self.dataset or "digits", run.data, run.news)
        real = features(classifier, dataset.test_images)
        names = ("samples", "kid", "kid_spread", "kid_subset", "accuracy")
        series: dict[str, list[float]] = {name: [] for name in names}
        for group in groups(run.needs["of"]).values():
            images = torch.stack([tensors_of(entry)["image"] for entry in group]).clamp(0, 1)
            wanted = [_asked_class(entry) for entry in group]
            series["samples"].append(len(group))
            kid = spread = subset = accuracy = nan
            if len(group) >= LEAST:
                kid, spread = kernel_distance(features(classifier, images), real, run.seed)
                subset = subset_size(len(images), len(real))
            if None not in wanted:
                right = predicted_labels(classifier, images) == torch.tensor(wanted)
                accuracy = right.float().mean().item()
            series["kid"].append(kid)
            series["kid_spread"].append(spread)
            series["kid_subset"].append(subset)
            series["accuracy"].append(accuracy)
        last = {name: values[-1] for name, values in series.items()}
        return Result(
            metrics={name: value for name, value in last.items() if not isnan(value)},
            series=series,
        )

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        """A table with one row for each group."""
        from fwd_report.techniques.labels import Labels, signed
        from fwd_report.techniques.parts import Table
        from fwd_report.techniques.words import marked

        rows = []
        own = Labels(entries)
        for entry in entries:
            of = entry.series
            numbers = zip(
                of["kid"], of["kid_spread"], of["kid_subset"], of["accuracy"], strict=True
            )
            judged = zip(groups(entry.needs["of"]).items(), numbers, strict=True)
            labels = Labels(entry.needs["of"])
            for (axes, group), (kid, spread, subset, accuracy) in judged:
                name = labels.run(group[0], [axis for axis, _ in axes])
                rows.append(
                    (
                        "; ".join(filter(None, (name, own.run(entry)))) or marked(entry.label),
                        str(len(group)),
                        "no digit requested" if isnan(accuracy) else f"{accuracy:.1%}",
                        "too few samples"
                        if isnan(kid)
                        else f"{signed(kid, 3)} ± {signed(spread, 3)}",
                        "–" if isnan(subset) else f"{subset:.0f}",
                    )
                )
        header = (
            "samples of",
            "number",
            "accuracy on the requested digit",
            "KID in the classifier's 64 features",
            "samples of a subset",
        )
        return [Table(header, tuple(rows))]


def _asked_class(entry: Entry) -> int | None:
    """The class that was requested for a sample."""
    from fwd_report.techniques.registry import marked_in

    return next((entry.params[name] for name in marked_in(entry, AskedClass)), None)


def groups(entries: Sequence[Entry]) -> Mapping[Axes, Sequence[Entry]]:
    """Samples that are evaluated together, by the axes that tell their group from the others."""
    from fwd_report.techniques.registry import marked_in

    found: dict[Axes, list[Entry]] = {}
    for entry in entries:
        within = (*WITHIN_A_GROUP, *marked_in(entry, AskedClass))
        axes = tuple(axis for axis in entry.axes.items() if axis[0] not in within)
        found.setdefault(axes, []).append(entry)
    return found

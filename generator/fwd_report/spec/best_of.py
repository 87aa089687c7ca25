"""`best_of`: how it goes with the seeds, the samples and the technique of its experiment."""

from __future__ import annotations

from collections.abc import Iterable

from fwd_report.spec.document import Document, ValuePath
from fwd_report.spec.fields import ExperimentFields
from fwd_report.spec.project import Variant
from fwd_report.techniques.base import Technique


def check_best_of(
    document: Document,
    path: ValuePath,
    fields: ExperimentFields,
    technique: type[Technique],
    variants: Iterable[Variant],
) -> None:
    """Report what keeps the best of an experiment's samples from being chosen."""
    if fields.best_of is None:
        return
    where = (*path, "best_of")
    if fields.samples > fields.best_of:
        document.report(
            f"the best {fields.samples:,} of {fields.best_of:,} are too many",
            where,
            f"`best_of` at least {fields.samples}, or `samples` at most {fields.best_of}",
        )
    for chosen in _chosen_seeds(fields, path):
        hint = "remove one of the two: `best_of` draws seed, seed + 1 and so on, and chooses"
        document.report("best_of cannot stand together with chosen seeds", chosen, hint)
    silent = next((v for v in variants if not v.technique.readings(dict(v.technique))), None)
    if silent is not None:
        message = f"the scorer cannot choose: {technique.name} draws nothing from a prompt"
        if technique.kind != "figure" and silent.technique.stage is not None:
            message = "the scorer cannot choose among pictures that no single prompt describes"
        document.report(message, where, "remove best_of, or choose `seeds:` by eye", at_key=True)


def _chosen_seeds(fields: ExperimentFields, path: ValuePath) -> Iterable[ValuePath]:
    """Where an experiment lists its seeds."""
    if fields.seeds is not None:
        yield (*path, "seeds")
    for number, case in enumerate(fields.cases):
        if case.get("seeds") is not None:
            yield (*path, "cases", number, "seeds")
    if "seed" in fields.sweep:
        yield (*path, "sweep", "seed")

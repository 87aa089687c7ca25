"""How an experiment becomes runs: its variants, times what it refers to, times its samples.

Runs are counted first, so that nothing too large is expanded; the plan lays them out afterwards.
Both use the same targets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fwd_report.spec.project import ExperimentSpec, Variant
from fwd_report.techniques.base import Reference, marked_fields

ExperimentName = tuple[str, str]
"""(section, id)."""
Shown = TypeVar("Shown")
"""A run that an experiment shows."""


def parse_reference(written: str, section: str) -> tuple[ExperimentName, int | None]:
    """`id`, `section.id` or either with `@epoch` → ((section, id), epoch or None).

    Raises ValueError if what follows the @ is not a number.
    """
    name, mark, epoch = written.partition("@")
    target_section, _, experiment = name.rpartition(".")
    return (target_section or section, experiment), int(epoch) if mark else None


def as_list(value: Any) -> list[str]:
    """The references in a field: one, several or none."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


@dataclass(frozen=True)
class Targets:
    """What one field of a variant refers to. each: one run for each of their runs."""

    field: str
    names: tuple[ExperimentName, ...]
    epoch: int | None
    each: bool


@dataclass(frozen=True)
class Slot(Generic[Shown]):
    """A run to be. source: the run it is made for, and its field. sample: counted from 0."""

    variant: Variant
    source: Shown | None
    sample: int
    needs: Mapping[str, tuple[Shown, ...]]


def targets_of(variant: Variant, section: str) -> Iterator[Targets]:
    """What a variant refers to, field by field."""
    technique = variant.technique
    for field, reference in marked_fields(type(technique), Reference).items():
        written = as_list(getattr(technique, field))
        if written:
            names = [parse_reference(one.partition("@")[0], section)[0] for one in written]
            _, _, epoch = written[-1].partition("@")
            each = reference.fan == "each" and technique.kind != "figure"
            yield Targets(field, tuple(names), int(epoch) if epoch.isdecimal() else None, each)


def count(spec: ExperimentSpec, section: str, counted: Callable[[ExperimentName], int]) -> int:
    """How many runs an experiment shows. counted: gives that number for those it refers to."""
    total = 0
    for variant in spec.variants:
        targets = list(targets_of(variant, section))
        if spec.technique.kind == "figure":
            total += sum(counted(name) for each in targets for name in each.names)
            continue
        sources = [sum(map(counted, each.names)) for each in targets if each.each]
        total += (sources[0] if sources else 1) * spec.samples_of(variant)
    return total


def slots(
    spec: ExperimentSpec, section: str, shown: Callable[[ExperimentName], Sequence[Shown]]
) -> Iterator[Slot[Shown]]:
    """The runs of an experiment, in the order of its figure. shown: gives the runs of another."""
    for variant in spec.variants:
        fixed: dict[str, tuple[Shown, ...]] = {}
        each: tuple[str, tuple[Shown, ...]] | None = None
        for targets in targets_of(variant, section):
            runs = tuple(run for name in targets.names for run in shown(name))
            if targets.each:
                each = (targets.field, runs)
            else:
                fixed[targets.field] = runs
        for source in each[1] if each else (None,):
            needs = {**fixed, each[0]: (source,)} if each and source is not None else fixed
            for sample in range(spec.samples_of(variant)):
                yield Slot(variant, source, sample, needs)


def figure_runs(
    spec: ExperimentSpec, section: str, shown: Callable[[ExperimentName], Sequence[Shown]]
) -> list[Shown]:
    """The runs that a technique of kind "figure" shows, from all experiments it refers to."""
    return [
        run
        for variant in spec.variants
        for targets in targets_of(variant, section)
        for name in targets.names
        for run in shown(name)
    ]

"""A run: one cached result, identified by its key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from fwd_report.techniques.base import Reference, Technique, asked_field, marked_fields
from fwd_report.techniques.choosing import BEST_OF, CANDIDATE
from fwd_report.techniques.framing import Frame

Status = Literal["fresh", "stale", "missing"]


@dataclass(frozen=True, eq=False)
class Run:
    """One run of the plan.

    axes: the swept values that tell this run from the others of its experiment, in order. needs:
    the runs it refers to, by field name. inputs: files by field name. parts: what the key is a hash
    of. network_steps: how many evaluations of a model (or optimizer steps) it makes. status: fresh
    (stored under its key), stale (stored under an earlier key), missing. why: what changed, one
    line each.
    """

    section: str
    experiment: str
    index: int
    technique: Technique
    seed: int
    axes: Mapping[str, Any]
    key: str
    parts: Mapping[str, Any]
    network_steps: int
    label: str
    model: str | None = None
    """The folder or hub id of the text-to-image stage that it uses, or None."""
    prompts: tuple[str, ...] = ()
    """The prompts with which it queries that model."""
    scorer: str | None = None
    """The name of the scorer that it uses, or None."""
    needs: Mapping[str, tuple[Run, ...]] = field(default_factory=dict)
    epochs: Mapping[str, int | None] = field(default_factory=dict)
    """For references written `id@epoch`: the epoch, by field name."""
    inputs: Mapping[str, Path] = field(default_factory=dict)
    frames: Mapping[str, Frame] = field(default_factory=dict)
    """How those files are taken of which not the centre square is, by field name."""
    modules: tuple[str, ...] = ()
    """Names of the modules whose code is in its key."""
    files: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)
    """What plug-ins read: by field, files by their names in the key."""
    plugged: tuple[str, ...] = ()
    """The files and packages of the plug-ins that make its result."""
    status: Status = "missing"
    why: tuple[str, ...] = ()

    @property
    def needed(self) -> tuple[Run, ...]:
        """The runs it refers to, of all fields."""
        return tuple(chain.from_iterable(self.needs.values()))

    @property
    def trained(self) -> Run | None:
        """The training whose network it uses; None: it uses none of this report."""
        field = asked_field(type(self.technique))
        return self.needs[field][0] if field is not None and field in self.needs else None

    @property
    def trained_epoch(self) -> int | None:
        """The epoch of that training that the spec names; None: the last."""
        return self.epochs.get(asked_field(type(self.technique)) or "")

    @cached_property
    def alt(self) -> str:
        """What its picture shows, in words."""
        made_of = _made_of(self)
        if made_of is None:
            return self.technique.alt(self.axes)
        field, of = made_of
        shown = {(name, value) for name, value in of.axes.items()}
        end = f" of {getattr(self.technique, field).rpartition('.')[2]}"
        own = {
            name: value
            for name, value in self.axes.items()
            if not name.endswith(end)
            and ((name, value) not in shown or f"{name}{end}" in self.axes)
        }
        return f"{of.alt}, {self.technique.alt(own)}"

    @property
    def name(self) -> str:
        """`section.experiment[index]`, the run's name in messages."""
        return run_name(self.section, self.experiment, self.index)


def _made_of(run: Run) -> tuple[str, Run] | None:
    """The field that names the run whose picture this one is made of, and that run."""
    drawing = run.needs[BEST_OF][0] if BEST_OF in run.needs else run
    for name, mark in marked_fields(type(run.technique), Reference).items():
        if mark.fan == "each" and not mark.asked and drawing.needs.get(name):
            return name, drawing.needs[name][0]
    return None


def drawn(run: Run, metrics: Mapping[str, float]) -> Run:
    """The run that drew the picture of `run`: one of its candidates, where it chose.

    metrics: of its result.
    """
    if BEST_OF not in run.needs:
        return run
    return run.needs[BEST_OF][int(metrics[CANDIDATE])]


def distinct(runs: Iterable[Run]) -> list[Run]:
    """The first run of each key, in order: what a build runs and counts."""
    first: dict[str, Run] = {}
    for run in runs:
        first.setdefault(run.key, run)
    return list(first.values())


def with_needs(runs: Iterable[Run]) -> list[Run]:
    """Runs and everything that they need, recursively, each once."""
    found: dict[int, Run] = {}
    waiting = list(runs)
    while waiting:
        run = waiting.pop()
        if id(run) not in found:
            found[id(run)] = run
            waiting += run.needed
    return list(found.values())


def run_name(section: str, experiment: str, index: int) -> str:
    """`section.experiment[index]`."""
    return f"{section}.{experiment}[{index}]"

"""The plan: every run of the report with its key, in an executable order."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from fwd_report.plan.common import Commons
from fwd_report.plan.ingredients import Ingredients
from fwd_report.plan.keys import key_of
from fwd_report.plan.run import Run, run_name
from fwd_report.plan.why import History
from fwd_report.spec.expansion import ExperimentName, Slot, figure_runs, slots
from fwd_report.spec.project import ExperimentSpec, Project, SectionSpec, Variant
from fwd_report.store.store import Store
from fwd_report.techniques.choosing import BEST_OF, Chosen, chosen_from


@dataclass(frozen=True)
class Plan:
    """Every run of a project, referenced runs before those that need them.

    experiments: the runs that each experiment shows, by (section, id), in the order of its sweep;
    for a technique of kind "figure", the runs it refers to. sources: SHA-256 of each source in the
    keys, by module name.
    """

    project: Project
    runs: tuple[Run, ...]
    experiments: Mapping[ExperimentName, tuple[Run, ...]]
    sources: Mapping[str, str]

    def by_section(self) -> Iterator[tuple[ExperimentName, tuple[Run, ...]]]:
        """Every experiment with the runs it shows, in page order."""
        for section in self.project.sections:
            for experiment in section.experiments:
                name = (section.name, experiment.id)
                yield name, self.experiments[name]

    def named(self, names: Iterable[str]) -> tuple[Run, ...]:
        """The runs of these sections and experiments (`section.experiment`), and runs by their own
        names (`section.experiment[index]`); no names: every run.
        """
        wanted = set(names)
        return tuple(
            run
            for run in self.runs
            if not wanted or {run.section, f"{run.section}.{run.experiment}", run.name} & wanted
        )

    def selected(self, names: Iterable[str]) -> tuple[Run, ...]:
        """The runs that `named` gives, those that these sections and experiments show, and those
        that they need, in order; no names: every run.
        """
        wanted = set(names)
        if not wanted:
            return self.runs
        chosen = {run.key for run in self.named(wanted)} | {
            run.key
            for (section, experiment), runs in self.experiments.items()
            if {section, f"{section}.{experiment}"} & wanted
            for run in runs
        }
        for run in reversed(self.runs):
            if run.key in chosen:
                chosen |= {need.key for group in run.needs.values() for need in group}
        return tuple(run for run in self.runs if run.key in chosen)


def make_plan(project: Project, store: Store, models_by_name: bool = False) -> Plan:
    """Expand every experiment to its runs, compute their keys and compare them with the store.

    models_by_name: for uses that need no keys, such as a list of prompts. No model is looked for,
    and the keys are meaningless.
    """
    with project.plugins.used():
        return _Planner(project, store, models_by_name).plan()


class _Planner:
    def __init__(self, project: Project, store: Store, models_by_name: bool) -> None:
        self._project = project
        self._store = store
        self._history = History(store)
        self._ingredients = Ingredients(project, store, models_by_name)
        self._experiments: dict[ExperimentName, tuple[Run, ...]] = {}
        self._specs: dict[ExperimentName, tuple[SectionSpec, ExperimentSpec]] = {
            (section.name, experiment.id): (section, experiment)
            for section in project.sections
            for experiment in section.experiments
        }
        self._runs: list[Run] = []
        self._commons = Commons(project, self._ingredients, self._expand)

    def plan(self) -> Plan:
        with _nothing_collected():
            for name in self._specs:
                self._expand(name)
        self._store.memory.save()
        return Plan(
            self._project, tuple(self._runs), self._experiments, self._ingredients.code.sources
        )

    def _expand(self, name: ExperimentName) -> tuple[Run, ...]:
        """The runs that an experiment shows; what it refers to is expanded first."""
        if name not in self._experiments:
            section, experiment = self._specs[name]
            if experiment.technique.kind == "figure":
                shown = figure_runs(experiment, section.name, self._expand)
            elif experiment.best_of is not None:
                shown = self._chosen(section, experiment)
            else:
                places = enumerate(slots(experiment, section.name, self._expand))
                shown = [self._run(section, experiment, index, slot) for index, slot in places]
                self._runs += shown
            self._experiments[name] = tuple(shown)
        return self._experiments[name]

    def _chosen(self, section: SectionSpec, experiment: ExperimentSpec) -> list[Run]:
        """The runs that choose among candidates, which come after them in the experiment."""
        many = experiment.best_of or 0
        drawn = list(slots(replace(experiment, samples=many), section.name, self._expand))
        groups = [drawn[start : start + many] for start in range(0, len(drawn), many)]
        shown = len(groups) * experiment.samples
        chosen: list[Run] = []
        for number, group in enumerate(groups):
            candidates = tuple(
                self._run(section, experiment, index, slot)
                for index, slot in enumerate(group, start=shown + number * many)
            )
            self._runs += candidates
            needs = {**group[0].needs, BEST_OF: candidates}
            for place in range(experiment.samples):
                variant = _choosing(group[0].variant, place)
                slot = replace(group[0], variant=variant, sample=place, needs=needs)
                chosen.append(self._run(section, experiment, len(chosen), slot))
        self._runs += chosen
        return chosen

    def _seed(self, experiment: ExperimentSpec, slot: Slot[Run]) -> tuple[int, str | None, int]:
        """A run's seed, and the axis and value that tell it from the other samples, if any."""
        variant = slot.variant
        if variant.seeds:
            seed = variant.seeds[slot.sample]
            return seed, "seed", seed
        start = variant.seed
        if start is None:
            start = self._project.report.seed if slot.source is None else slot.source.seed
        if experiment.best_of is not None and not isinstance(variant.technique, Chosen):
            return start + slot.sample, "seed", start + slot.sample
        sampled = "sample" if experiment.samples > 1 else None
        return start + slot.sample, sampled, slot.sample + 1

    def _run(
        self, section: SectionSpec, experiment: ExperimentSpec, index: int, slot: Slot[Run]
    ) -> Run:
        seed, sampled, which = self._seed(experiment, slot)
        axes = dict(slot.variant.axes)
        if slot.source is not None:
            axes = {**_inherited(slot.source, {*axes, sampled}), **axes}
        if sampled is not None:
            axes[sampled] = which
        common = self._commons.of(section, experiment, slot)
        parts = {**common.parts, "seed": seed}
        key = key_of(parts, common.closure.digest)
        name = run_name(section.name, experiment.id, index)
        status, why = self._history.status_of(name, key, parts, slot.needs)
        run = Run(
            section=section.name,
            experiment=experiment.id,
            index=index,
            technique=common.technique,
            seed=seed,
            axes=axes,
            key=key,
            parts=parts,
            network_steps=common.network_steps,
            label=experiment.label or experiment.title or experiment.id,
            model=common.model,
            prompts=common.prompts,
            scorer=common.scorer,
            needs=slot.needs,
            epochs=common.epochs,
            inputs=common.inputs,
            frames=common.frames,
            modules=common.closure.modules,
            files=common.plugged.files,
            plugged=common.plugged.where,
            status=status,
            why=why,
        )
        if run.plugged:
            _ = run.alt  # what is wrong with a plug-in shows before anything runs
        return run


def _choosing(variant: Variant, place: int) -> Variant:
    """The variant of the run that chooses the candidate with that place in the order."""
    fields = {name: getattr(variant.technique, name) for name in variant.technique.model_fields_set}
    technique = chosen_from(type(variant.technique))(**fields, chosen_place=place)
    return replace(variant, technique=technique)


def _inherited(source: Run, own: Collection[str | None]) -> dict[str, Any]:
    """The axes of the run that another one starts from; an axis that both have is qualified."""
    return {
        f"{axis} of {source.experiment}" if axis in own else axis: value
        for axis, value in source.axes.items()
    }


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Without the garbage collector, which would repeatedly traverse the objects of the plan."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()

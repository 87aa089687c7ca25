"""The plan: every run of the report with its key, in an order in which it can be run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fwd_report.errors import UserError
from fwd_report.plan.ingredients import Ingredients
from fwd_report.plan.keys import FORMAT, key_of
from fwd_report.plan.plugged import digest_of_files
from fwd_report.plan.run import Run, run_name
from fwd_report.plan.stages import stage_names
from fwd_report.plan.why import History
from fwd_report.plugins.named import Named
from fwd_report.spec.expansion import ExperimentName, Slot, figure_runs, slots, targets_of
from fwd_report.spec.project import REPORT, ExperimentSpec, Project, SectionSpec, Variant
from fwd_report.store.store import Store
from fwd_report.techniques.base import (
    FigureOnly,
    InputFile,
    Technique,
    asked_field,
    marked_fields,
    scorer_field,
)

FROM_REPORT = {"datasets": "dataset", "scorers": "scorer"}
"""Kinds that a run takes from the runs it needs, or this field of report.yaml, if it names none."""


@dataclass(frozen=True)
class Plan:
    """Every run of a project, referenced runs before those that need them.

    experiments: the runs each experiment shows, by (section, id), in the order of its sweep; for
    a technique of kind "figure", the runs it refers to. sources: SHA-256 of each source that is
    in the keys, by the module's name.
    """

    project: Project
    runs: tuple[Run, ...]
    experiments: Mapping[ExperimentName, tuple[Run, ...]]
    sources: Mapping[str, str]

    def by_section(self) -> Iterator[tuple[ExperimentName, tuple[Run, ...]]]:
        """Every experiment with the runs it shows, in the order of the pages."""
        for section in self.project.sections:
            for experiment in section.experiments:
                name = (section.name, experiment.id)
                yield name, self.experiments[name]

    def named(self, names: Iterable[str]) -> tuple[Run, ...]:
        """The own runs of sections and experiments (`section.experiment`); no names: every run."""
        wanted = set(names)
        return tuple(
            run
            for run in self.runs
            if not wanted or {run.section, f"{run.section}.{run.experiment}"} & wanted
        )

    def selected(self, names: Iterable[str]) -> tuple[Run, ...]:
        """The runs that sections and experiments show and need, in order; no names: every run."""
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


def make_plan(project: Project, store: Store) -> Plan:
    """Expand every experiment to its runs, key them and compare them with the store."""
    with project.plugins.used():
        return _Planner(project, store).plan()


class _Planner:
    def __init__(self, project: Project, store: Store) -> None:
        self._project = project
        self._store = store
        self._history = History(store)
        self._ingredients = Ingredients(project, store)
        self._stage_names = stage_names(project)
        self._experiments: dict[ExperimentName, tuple[Run, ...]] = {}
        self._specs: dict[ExperimentName, tuple[SectionSpec, ExperimentSpec]] = {
            (section.name, experiment.id): (section, experiment)
            for section in project.sections
            for experiment in section.experiments
        }
        self._runs: list[Run] = []

    def plan(self) -> Plan:
        for name in self._specs:
            self._expand(name)
        self._store.memory.save()
        return Plan(
            self._project, tuple(self._runs), self._experiments, self._ingredients.code.sources
        )

    def _expand(self, name: ExperimentName) -> tuple[Run, ...]:
        """The runs an experiment shows; expands what it refers to first."""
        if name not in self._experiments:
            section, experiment = self._specs[name]
            if experiment.technique.kind == "figure":
                shown = figure_runs(experiment, section.name, self._expand)
            else:
                places = enumerate(slots(experiment, section.name, self._expand))
                shown = [self._run(section, experiment, index, slot) for index, slot in places]
                self._runs += shown
            self._experiments[name] = tuple(shown)
        return self._experiments[name]

    def _seed(self, experiment: ExperimentSpec, slot: Slot[Run]) -> tuple[int, str | None, int]:
        """A run's seed, and the axis with its value that tells it from its siblings, if any."""
        variant = slot.variant
        if variant.seeds:
            seed = variant.seeds[slot.sample]
            return seed, "seed", seed
        start = variant.seed
        if start is None:
            start = self._project.report.seed if slot.source is None else slot.source.seed
        sampled = "sample" if experiment.samples > 1 else None
        return start + slot.sample, sampled, slot.sample + 1

    def _epochs(self, variant: Variant, section: str) -> dict[str, int | None]:
        """The epoch that each field refers to: the last one of a training where none is named."""
        return {
            targets.field: targets.epoch
            or next(
                (
                    run.technique.epochs_kept() or None
                    for name in targets.names
                    for run in self._expand(name)
                ),
                None,
            )
            for targets in targets_of(variant, section)
        }

    def _run(
        self,
        section: SectionSpec,
        experiment: ExperimentSpec,
        index: int,
        slot: Slot[Run],
    ) -> Run:
        variant, needs = slot.variant, slot.needs
        seed, sampled, which = self._seed(experiment, slot)
        epochs = self._epochs(variant, section.name)
        axes = dict(variant.axes)
        if slot.source is not None:
            axes = {**_inherited(slot.source, {*axes, sampled}), **axes}
        if sampled is not None:
            axes[sampled] = which
        technique = self._resolved(variant.technique, needs)
        inputs = {
            field: self._project.root / value
            for field in marked_fields(experiment.technique, InputFile)
            if (value := getattr(technique, field)) is not None
        }
        asked = needs.get(asked_field(type(technique)) or "")
        trained = asked[0].technique if asked else None
        stage = None if trained else technique.stage
        model = self._model(stage, section, experiment)
        judge = scorer_field(type(technique))
        scorer = getattr(technique, judge) if judge else None
        plugged = self._ingredients.plugged(technique, trained)
        shown = marked_fields(type(technique), FigureOnly)
        unkeyed = {*inputs, *needs, *shown, *filter(None, (judge,))}
        closure = self._ingredients.closure(technique, stage, bool(trained), bool(inputs), plugged)
        parts = {
            "format": FORMAT,
            "technique": technique.name,
            "params": technique.model_dump(mode="json", exclude=unkeyed),
            "seed": seed,
            "inputs": {
                **{field: self._ingredients.file(path) for field, path in inputs.items()},
                **{field: digest_of_files(files) for field, files in plugged.files.items()},
            },
            "model": self._ingredients.models(stage),
            "needs": {field: [need.key for need in group] for field, group in needs.items()},
            "epochs": {field: epoch for field, epoch in epochs.items() if epoch is not None},
            "code": closure.parts,
        }
        targets = {field: group[0].technique for field, group in needs.items()}
        prompts = technique.prompts(targets) if stage is not None else ()
        if self._project.embeddings and prompts:
            parts["embeddings"] = self._ingredients.embeddings(prompts)
        if scorer is not None and judge is not None:
            own = getattr(variant.technique, judge) is not None
            where = (section.name, experiment.id, judge) if own else (REPORT, "scorer")
            parts["scorer"] = self._ingredients.scorer(scorer, where)
        if plugged.packages:
            parts["packages"] = plugged.packages
        name = run_name(section.name, experiment.id, index)
        readings = {field: self._ingredients.readings(group) for field, group in needs.items()}
        if any(any(read) for group in readings.values() for read in group):
            parts["readings"] = readings
        key = key_of(parts, closure.digest)
        status, why = self._history.status_of(name, key, parts, needs)
        return Run(
            section=section.name,
            experiment=experiment.id,
            index=index,
            technique=technique,
            seed=seed,
            axes=axes,
            key=key,
            parts=parts,
            network_steps=technique.network_steps(targets),
            alt=technique.alt(axes),
            label=experiment.label or experiment.title or experiment.id,
            model=model,
            prompts=tuple(dict.fromkeys(prompts)),
            scorer=scorer,
            needs=needs,
            epochs=epochs,
            inputs=inputs,
            modules=closure.modules,
            files=plugged.files,
            plugged=plugged.where,
            status=status,
            why=why,
        )

    def _resolved(self, technique: Technique, needs: Mapping[str, tuple[Run, ...]]) -> Technique:
        """The technique with what it leaves open filled in.

        A model is shown what it was trained on: the first of the runs needed that has the field
        decides, and report.yaml where none has.
        """
        needed = [need.technique for group in needs.values() for need in group[:1]]
        taken = {
            field: next(
                filter(None, (_named(target, marker.kind) for target in needed)),
                getattr(self._project.report, FROM_REPORT[marker.kind]),
            )
            for field, marker in marked_fields(type(technique), Named).items()
            if marker.kind in FROM_REPORT and getattr(technique, field) is None
        }
        return technique.model_copy(update=taken) if taken else technique

    def _model(
        self, stage: int | None, section: SectionSpec, experiment: ExperimentSpec
    ) -> str | None:
        if stage is None:
            return None
        if stage not in self._stage_names:
            raise UserError(
                self._project.problem(
                    f"{experiment.technique.name} asks stage II, and report.yaml names no upscaler",
                    section.name,
                    experiment.id,
                    hint="set `upscaler:` in report.yaml to a folder or hub id of a stage II model",
                )
            )
        return self._stage_names[stage]


def _named(technique: Technique, kind: str) -> str | None:
    """What a technique's fields name of a kind."""
    fields = marked_fields(type(technique), Named).items()
    return next((getattr(technique, name) for name, marker in fields if marker.kind == kind), None)


def _inherited(source: Run, own: Collection[str | None]) -> dict[str, Any]:
    """The axes of the run that another one starts from; those that both have say whose they are."""
    return {
        f"{axis} of {source.experiment}" if axis in own else axis: value
        for axis, value in source.axes.items()
    }

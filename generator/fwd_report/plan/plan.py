"""The plan: every run of the report with its key, in an order in which it can be run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fwd_report.errors import UserError
from fwd_report.plan.ingredients import Ingredients
from fwd_report.plan.keys import FORMAT, key_of
from fwd_report.plan.run import Run, run_name
from fwd_report.plan.stages import stage_names
from fwd_report.plan.why import History
from fwd_report.spec.project import REPORT, ExperimentSpec, Project, SectionSpec, Variant
from fwd_report.spec.references import ExperimentName, as_list, parse_reference
from fwd_report.store.store import Store
from fwd_report.techniques.base import (
    FigureOnly,
    InputFile,
    Reference,
    Technique,
    marked_fields,
)

FROM_REPORT = ("dataset", "scorer")
"""Fields that a run takes from the runs it needs or from report.yaml if its spec sets none."""


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
            shown: list[Run] = []
            for variant in experiment.variants:
                shown += self._expand_variant(section, experiment, variant, len(shown))
            self._experiments[name] = tuple(shown)
        return self._experiments[name]

    def _expand_variant(
        self, section: SectionSpec, experiment: ExperimentSpec, variant: Variant, first: int
    ) -> list[Run]:
        fixed: dict[str, tuple[Run, ...]] = {}
        each: tuple[str, tuple[Run, ...]] | None = None
        epochs: dict[str, int | None] = {}
        for field, reference in marked_fields(experiment.technique, Reference).items():
            targets: tuple[Run, ...] = ()
            for written in as_list(getattr(variant.technique, field)):
                target, epochs[field] = parse_reference(written, section.name)
                targets += self._expand(target)
                if epochs[field] is None and targets:
                    epochs[field] = targets[0].technique.epochs_kept() or None
            if not targets:
                continue
            if reference.fan == "each" and experiment.technique.kind != "figure":
                each = (field, targets)
            else:
                fixed[field] = targets
        if experiment.technique.kind == "figure":
            return [run for targets in fixed.values() for run in targets]

        sampled = "seed" if variant.seeds else "sample" if experiment.samples > 1 else None
        runs: list[Run] = []
        for source in each[1] if each else (None,):
            start = variant.seed
            if start is None:
                start = self._project.report.seed if source is None else source.seed
            for seed in variant.seeds or range(start, start + experiment.samples):
                needs = dict(fixed)
                axes = dict(variant.axes)
                if each and source is not None:
                    needs[each[0]] = (source,)
                    axes = {**_inherited(source, {*axes, sampled}), **axes}
                if sampled is not None:
                    axes[sampled] = seed if sampled == "seed" else seed - start + 1
                index = first + len(runs)
                runs.append(
                    self._run(section, experiment, variant, index, seed, axes, needs, epochs)
                )
        self._runs += runs
        return runs

    def _run(
        self,
        section: SectionSpec,
        experiment: ExperimentSpec,
        variant: Variant,
        index: int,
        seed: int,
        axes: Mapping[str, Any],
        needs: Mapping[str, tuple[Run, ...]],
        epochs: Mapping[str, int | None],
    ) -> Run:
        technique = self._resolved(variant.technique, needs)
        inputs = {
            field: self._project.root / value
            for field in marked_fields(experiment.technique, InputFile)
            if (value := getattr(technique, field)) is not None
        }
        trained = bool(needs.get("model"))
        stage = None if trained else technique.stage
        model = self._model(stage, section, experiment)
        judged = "scorer" in type(technique).model_fields
        scorer = technique.scorer if judged else None  # type: ignore[attr-defined]
        own = judged and variant.technique.scorer is not None  # type: ignore[attr-defined]
        shown = marked_fields(type(technique), FigureOnly)
        unkeyed = {*inputs, *needs, *shown, "scorer"}
        closure = self._ingredients.closure(technique, stage, trained, bool(inputs))
        parts = {
            "format": FORMAT,
            "technique": technique.name,
            "params": technique.model_dump(mode="json", exclude=unkeyed),
            "seed": seed,
            "inputs": {field: self._ingredients.file(path) for field, path in inputs.items()},
            "model": self._ingredients.models(stage),
            "needs": {field: [need.key for need in group] for field, group in needs.items()},
            "epochs": {field: epoch for field, epoch in epochs.items() if epoch is not None},
            "code": closure.parts,
        }
        targets = {field: group[0].technique for field, group in needs.items()}
        prompts = technique.prompts(targets) if stage is not None else ()
        if self._project.embeddings and prompts:
            parts["embeddings"] = self._ingredients.embeddings(prompts)
        if scorer is not None:
            where = (section.name, experiment.id, "scorer") if own else (REPORT, "scorer")
            parts["scorer"] = self._ingredients.scorer(scorer, where)
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
                filter(None, (getattr(target, field, None) for target in needed)),
                getattr(self._project.report, field),
            )
            for field in FROM_REPORT
            if field in type(technique).model_fields and getattr(technique, field) is None
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


def _inherited(source: Run, own: Collection[str | None]) -> dict[str, Any]:
    """The axes of the run that another one starts from; those that both have say whose they are."""
    return {
        f"{axis} of {source.experiment}" if axis in own else axis: value
        for axis, value in source.axes.items()
    }

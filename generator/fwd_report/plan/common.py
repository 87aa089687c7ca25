"""What the samples of a variant have in common: everything in their keys except the seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fwd_report.errors import UserError
from fwd_report.plan.code import Closure
from fwd_report.plan.foreign import versions_of
from fwd_report.plan.ingredients import Ingredients
from fwd_report.plan.keys import FORMAT
from fwd_report.plan.plugged import Plugged
from fwd_report.plan.run import Run
from fwd_report.plan.stages import stage_names
from fwd_report.plugins.named import Named
from fwd_report.spec.expansion import ExperimentName, Slot, targets_of
from fwd_report.spec.project import REPORT, ExperimentSpec, Project, SectionSpec, Variant
from fwd_report.techniques.base import (
    FigureOnly,
    InputFile,
    NotByDefault,
    Reference,
    Technique,
    asked_field,
    marked_fields,
    scorer_field,
)
from fwd_report.techniques.choosing import BEST_OF
from fwd_report.techniques.framing import Frame, Framing

FROM_REPORT = {"datasets": "dataset", "scorers": "scorer"}
"""Kinds that a run takes from the runs it needs, else from this field of report.yaml."""


@dataclass(frozen=True)
class Common:
    """What the samples of a variant have in common: all but the seed. parts: of their keys."""

    variant: Variant
    needs: Mapping[str, tuple[Run, ...]]
    technique: Technique
    parts: Mapping[str, Any]
    closure: Closure
    plugged: Plugged
    model: str | None
    prompts: tuple[str, ...]
    scorer: str | None
    epochs: Mapping[str, int | None]
    inputs: Mapping[str, Path]
    frames: Mapping[str, Frame]
    network_steps: int

    def holds_for(self, slot: Slot[Run]) -> bool:
        """Whether a run to be is another sample of the same variant."""
        return slot.variant is self.variant and slot.needs is self.needs


class Commons:
    """Computes it. expand: gives the runs that an experiment shows."""

    def __init__(
        self,
        project: Project,
        ingredients: Ingredients,
        expand: Callable[[ExperimentName], tuple[Run, ...]],
    ) -> None:
        self._project = project
        self._ingredients = ingredients
        self._expand = expand
        self._stage_names = stage_names(project)
        self._last: Common | None = None

    def of(self, section: SectionSpec, experiment: ExperimentSpec, slot: Slot[Run]) -> Common:
        """What a run to be has in common with the other samples; computed once for consecutive
        ones.
        """
        if self._last is None or not self._last.holds_for(slot):
            self._last = self._found(section, experiment, slot)
        return self._last

    def _found(self, section: SectionSpec, experiment: ExperimentSpec, slot: Slot[Run]) -> Common:
        variant, needs = slot.variant, slot.needs
        epochs = self._epochs(variant, section.name)
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
        framing = marked_fields(type(technique), Framing)
        later = {
            name
            for name in marked_fields(type(technique), NotByDefault)
            if getattr(technique, name) == type(technique).model_fields[name].default
        }
        unkeyed = {*inputs, *needs, *shown, *framing, *later, *filter(None, (judge,))}
        targets = {field: group[0].technique for field, group in needs.items()}
        helpers = [
            (base.__module__, f"{base.__name__}.{reference.helps}")
            for field, reference in marked_fields(type(technique), Reference).items()
            if reference.helps and field in targets
            for base in type(targets[field]).__mro__
            if issubclass(base, Technique)
        ]
        prompts = tuple(dict.fromkeys(technique.prompts(targets))) if stage is not None else ()
        closure = self._ingredients.closure(
            technique, stage, plugged, helpers,
            prompts=bool(prompts), trained=bool(trained), inputs=bool(inputs),
        )  # fmt: skip
        parts = {
            "format": FORMAT,
            "technique": technique.name,
            "params": technique.model_dump(mode="json", exclude=unkeyed),
            "inputs": {
                **{field: self._ingredients.file(path) for field, path in inputs.items()},
                **{
                    field: self._ingredients.of_files(files)
                    for field, files in plugged.files.items()
                },
            },
            "model": self._ingredients.models(stage, bool(prompts)),
            "needs": {field: [need.key for need in group] for field, group in needs.items()},
            "epochs": {field: epoch for field, epoch in epochs.items() if epoch is not None},
            "code": closure.parts,
        }
        frames = self._ingredients.frames(technique, inputs)
        if frames:
            parts["frames"] = {field: asdict(frame) for field, frame in frames.items()}
        if self._project.embeddings and prompts:
            parts["embeddings"] = self._ingredients.embeddings(prompts)
        if scorer is not None and judge is not None:
            own = getattr(variant.technique, judge) is not None
            where = (section.name, experiment.id, judge) if own else (REPORT, "scorer")
            parts["scorer"] = self._ingredients.scorer(scorer, where)
        if packages := {**versions_of(closure.foreign), **plugged.packages}:
            parts["packages"] = dict(sorted(packages.items()))
        # Candidates differ in their seeds alone.
        read = {field: needs[field][: 1 if field == BEST_OF else None] for field in needs}
        readings = {field: self._ingredients.readings(group) for field, group in read.items()}
        if any(any(read) for group in readings.values() for read in group):
            parts["readings"] = readings
        return Common(
            variant=variant,
            needs=needs,
            technique=technique,
            parts=parts,
            closure=closure,
            plugged=plugged,
            model=model,
            prompts=prompts,
            scorer=scorer,
            epochs=epochs,
            inputs=inputs,
            frames=frames,
            network_steps=technique.network_steps(targets),
        )

    def _epochs(self, variant: Variant, section: str) -> dict[str, int | None]:
        """The epoch that each field refers to; if none is named, the training's last."""
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

    def _resolved(self, technique: Technique, needs: Mapping[str, tuple[Run, ...]]) -> Technique:
        """The technique with its open fields filled in.

        A model is used with the dataset it was trained on: the first needed run with the field
        decides, else report.yaml.
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

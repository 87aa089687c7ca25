"""What runs need around them: models, encoded prompts, inputs, the results they refer to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from fwd_report.diffusion.noise import Noise
from fwd_report.engine.device import choose_device, choose_dtype
from fwd_report.engine.provenance import git_state, hardware, versions
from fwd_report.engine.results import write_result
from fwd_report.models.cascade import STAGE_NAMES, Cascade
from fwd_report.models.hub import fetch
from fwd_report.models.layout import WHOLE
from fwd_report.models.names import resolve_scorer
from fwd_report.models.scorer import load_scorer
from fwd_report.plan.entries import Entries
from fwd_report.plan.run import Run
from fwd_report.plan.stages import stage_models
from fwd_report.spec.model import Project
from fwd_report.store.store import Store
from fwd_report.techniques.base import InputFile, PromptText, Result, marked_fields
from fwd_report.techniques.context import RunContext
from fwd_report.techniques.inputs import load_image, load_mask
from fwd_report.training.checkpoints import load_trained

if TYPE_CHECKING:
    from fwd_report.models.model import Evaluator, Model
    from fwd_report.models.scorer import Scorer
    from fwd_report.store.entry import Entry

CPU_BATCH, GPU_BATCH = 16, 64
"""Queries a batch, unless report.yaml says otherwise or memory ends before."""


class Workbench:
    """Prepares what a run needs and stores what it made. Everything is loaded at first use."""

    def __init__(self, project: Project, store: Store) -> None:
        self._project = project
        self._store = store
        self._entries = Entries(store)
        self.device = choose_device(project.report.device)
        self._dtype = choose_dtype(project.report.dtype, self.device)
        usual = CPU_BATCH if self.device == "cpu" else GPU_BATCH
        self.batch = project.report.batch or usual
        """Most queries a batch, before memory says otherwise."""
        self._cascade: Cascade | None = None
        self._prompts: list[str] = []
        self._trained: dict[tuple[str, int | None], tuple[Model, Evaluator]] = {}
        self._scorers: dict[str, Scorer] = {}

    def prepare(self, runs: Iterable[Run]) -> None:
        """Note the prompts of the runs to come, so that the text encoder is loaded once."""
        self._prompts = sorted(
            {
                prompt
                for run in runs
                if run.model is not None
                for field in marked_fields(type(run.technique), PromptText)
                if (prompt := getattr(run.technique, field)) is not None
            }
        )

    def context(
        self,
        run: Run,
        folder: Path | None = None,
        progress: Callable[[int, int, str], None] = lambda done, total, message: None,
        news: Callable[[str], None] = lambda message: None,
    ) -> RunContext:
        """The run's own world: noise from its seed, its model, inputs at the model's size."""
        needs = {
            field: tuple(self._entries.read(need) for need in group)
            for field, group in run.needs.items()
        }
        context = RunContext(
            seed=run.seed,
            noise=Noise(run.seed),
            model=self._model(run, needs),
            scorer=self._scorer(run),
            needs=needs,
            epochs=run.epochs,
            folder=folder,
            device=self.device,
            data=self._project.data,
            progress=progress,
            news=news,
        )
        if context.model is not None and run.inputs:
            kinds = marked_fields(type(run.technique), InputFile)
            size = context.model.shape[-1]
            context.images = {
                field: load_image(path, size, context.value_range)
                for field, path in run.inputs.items()
                if kinds[field].kind == "image"
            }
            context.masks = {
                field: load_mask(path, size)
                for field, path in run.inputs.items()
                if kinds[field].kind == "mask"
            }
        return context

    def evaluator(self, name: str) -> Evaluator:
        """Who answers the queries addressed to `name`."""
        for model, evaluator in self._trained.values():
            if model.name == name:
                return evaluator
        stage = next(stage for stage, stage_name in STAGE_NAMES.items() if stage_name == name)
        cascade = self._stages()
        cascade.prepare(self._prompts)
        return cascade.evaluator(stage)

    def _stages(self) -> Cascade:
        if self._cascade is None:
            self._cascade = Cascade(
                stage_models(self._project), self._store.base / "cache", self.device, self._dtype
            )
        return self._cascade

    def _model(self, run: Run, needs: Mapping[str, tuple[Entry, ...]]) -> Model | None:
        """The network a referenced training left, or the stage the technique asks, or none."""
        if trained := needs.get("model"):
            name = (trained[0].key, run.epochs.get("model"))
            if name not in self._trained:
                self._trained[name] = load_trained(trained[0], name[1], self.device)
            return self._trained[name][0]
        if run.model is not None and run.technique.stage is not None:
            return self._stages().model(run.technique.stage)
        return None

    def _scorer(self, run: Run) -> Scorer | None:
        """The scorer the run asks, or none."""
        if run.scorer is None:
            return None
        if run.scorer not in self._scorers:
            folder = fetch(resolve_scorer(run.scorer, self._project.root), (WHOLE,))
            self._scorers[run.scorer] = load_scorer(folder, self.device)
        return self._scorers[run.scorer]

    def store(
        self,
        run: Run,
        result: Result,
        value_range: tuple[float, float],
        seconds: float,
        calls: int,
        folder: Path | None = None,
    ) -> None:
        """Publish a result under the run's key, with its provenance.

        What asks no network is computed on the CPU, in float32.
        """
        asked = run.technique.kind == "job" or calls > 0
        device = self.device if asked else "cpu"
        with self._store.writing(run.key, folder) as target:
            write_result(result, target, value_range)
            self._store.seal(
                target,
                run.key,
                parts=run.parts,
                metrics=result.metrics,
                series=result.series,
                provenance={
                    "run": run.name,
                    "seed": run.seed,
                    "model": run.model,
                    "device": device,
                    "hardware": hardware(device),
                    "dtype": result.precision or (self._precision(run) if asked else "float32"),
                    "versions": versions(),
                    "git": git_state(self._project.root),
                    "seconds": round(seconds, 3),
                    "calls": calls,
                    "finished": datetime.now(UTC).isoformat(timespec="seconds"),
                },
            )
        self._store.remember(run.name, run.key)

    def _precision(self, run: Run) -> str:
        """What the run's model computes in; all but the text-to-image model do in float32."""
        dtype = torch.float32 if run.model is None else self._dtype
        return str(dtype).removeprefix("torch.")

    def place(self, run: Run) -> str:
        """Where the specs ask for the run, as `file:line`."""
        problem = self._project.problem("", run.section, run.experiment)
        return f"{problem.file}:{problem.line}"

    def log(self, run: Run, lines: Iterable[str]) -> Path:
        """Keep a failure's details in a file; returns it, relative to the project."""
        path = self._store.base / "logs" / f"{run.name}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines), encoding="utf-8")
        return path.relative_to(self._project.root)

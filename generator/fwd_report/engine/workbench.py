"""What runs need around them: models, encoded prompts, inputs, the results they refer to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fwd_report.diffusion.noise import Noise
from fwd_report.engine.device import choose_device, choose_dtype
from fwd_report.engine.provenance import git_state, hardware, versions
from fwd_report.engine.results import write_result
from fwd_report.plan.entries import Entries
from fwd_report.plan.run import Run
from fwd_report.spec.model import Project
from fwd_report.store.store import Store
from fwd_report.techniques.base import InputFile, PromptText, Result, marked_fields
from fwd_report.techniques.context import RunContext
from fwd_report.techniques.inputs import load_image, load_mask

if TYPE_CHECKING:
    from fwd_report.models.model import Evaluator, Model


class Workbench:
    """Prepares what a run needs and stores what it made. Everything is loaded at first use."""

    def __init__(self, project: Project, store: Store) -> None:
        self._project = project
        self._store = store
        self._entries = Entries(store)
        self.device = choose_device(project.report.device)
        self._dtype = choose_dtype(project.report.dtype, self.device)
        self.batch = project.report.batch or (64 if self.device.startswith("cuda") else 16)
        """Most queries a batch, before memory says otherwise."""
        self._cascade: Cascade | None = None
        self._evaluators: dict[str, Evaluator] = {}
        self._trained: dict[tuple[str, int | None], Model] = {}
        self._prompts: dict[str, None] = {}

    def prepare(self, runs: Iterable[Run]) -> None:
        """Gather the prompts of the runs to come, so that the text encoder is loaded once."""
        for run in runs:
            if run.model is not None:
                for field in marked_fields(type(run.technique), PromptText):
                    prompt = getattr(run.technique, field)
                    if prompt is not None:
                        self._prompts[prompt] = None

    def context(
        self,
        run: Run,
        folder: Path | None = None,
        progress: Callable[[int, int, str], None] = lambda done, total, message: None,
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
            needs=needs,
            epochs=run.epochs,
            folder=folder,
            device=self.device,
            data=None
            if self._project.report.data is None
            else self._project.root / self._project.report.data,
            progress=progress,
        )
        if context.model is not None:
            size = context.model.shape[-1]
            for field, mark in marked_fields(type(run.technique), InputFile).items():
                if field in run.inputs and mark.kind == "image":
                    context.images[field] = load_image(run.inputs[field], size, context.value_range)
                elif field in run.inputs:
                    context.masks[field] = load_mask(run.inputs[field], size)
        return context

    def evaluator(self, name: str) -> Evaluator:
        """Who answers the queries addressed to `name`."""
        return self._evaluators[name]

    def store(
        self,
        run: Run,
        result: Result,
        value_range: tuple[float, float],
        seconds: float,
        calls: int,
        folder: Path | None = None,
    ) -> None:
        """Publish a result under the run's key, with its provenance."""
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
                    "device": self.device,
                    "hardware": hardware(self.device),
                    "dtype": str(self._dtype).removeprefix("torch."),
                    "versions": versions(),
                    "git": git_state(self._project.root),
                    "seconds": round(seconds, 3),
                    "calls": calls,
                    "finished": datetime.now(UTC).isoformat(timespec="seconds"),
                },
            )
        self._store.remember(run.name, run.key)

    def log(self, run: Run, lines: Iterable[str]) -> Path:
        """Keep a failure's details in a file; returns it, relative to the project."""
        path = self._store.base / "logs" / f"{run.name}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines), encoding="utf-8")
        return path.relative_to(self._project.root)

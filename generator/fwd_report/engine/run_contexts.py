"""The context of a run: noise from its seed, its model, its inputs, the results it refers to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fwd_report.engine.machine import Machine
from fwd_report.engine.model_source import Models
from fwd_report.engine.sampled_times import require_times
from fwd_report.errors import OutdatedError
from fwd_report.plan.entries import Entries
from fwd_report.plan.plugged import digest_of_files
from fwd_report.plan.run import Run
from fwd_report.recording.world import context_of
from fwd_report.store.store import Store
from fwd_report.techniques.context import RunContext
from fwd_report.techniques.decoding import decoded
from fwd_report.techniques.samplers import sampled_by


class Contexts:
    """Creates the contexts of runs. data: the folder that report.yaml names for dataset files."""

    def __init__(self, store: Store, models: Models, machine: Machine, data: Path | None) -> None:
        self._entries = Entries(store)
        self._models = models
        self._machine = machine
        self._data = data

    def of(
        self,
        run: Run,
        folder: Path | None = None,
        progress: Callable[[int, int, str], None] = lambda done, total, message: None,
        news: Callable[[str], None] = lambda message: None,
    ) -> RunContext:
        """The context of a run, its inputs at its model's size. folder: of a job.

        Raises OutdatedError if an input differs from the plan, DamagedEntryError if a result it
        refers to is damaged, and what opening its model raises.
        """
        needs = {
            field: tuple(self._entries.read(need) for need in group)
            for field, group in run.needs.items()
        }
        require_planned(run)
        model = self._models.model(run, needs)
        if model is not None and run.plugged:
            sampled = sampled_by(run.technique, model.process)
            require_times(run, model.process, sampled)
            model = replace(model, process=sampled)
        pictures: dict[str, Any] = {"images": {}, "masks": {}}
        if model is not None and run.inputs:
            contents = _contents(run)
            size, value_range = model.shape[-1], model.value_range
            pictures = {
                f"{kind}s": decoded(run.technique, contents, kind, size, value_range, run.frames)
                for kind in ("image", "mask")
            }
        return context_of(
            run.seed,
            model=model,
            **pictures,
            scorer=self._models.scorer(run),
            needs=needs,
            epochs=run.epochs,
            folder=folder,
            device=self._machine.device_of(run),
            data=self._data,
            progress=progress,
            news=news,
        )


def require_planned(run: Run) -> None:
    """Raise OutdatedError if files that a plug-in reads differ from the plan."""
    for field, files in run.files.items():
        try:
            same = digest_of_files(files) == run.parts["inputs"][field]
        except FileNotFoundError:
            same = False
        if not same:
            raise OutdatedError(f"{min(files)} or another file that {field} names")


def _contents(run: Run) -> dict[str, bytes]:
    """The run's input files, read once. Raises OutdatedError for one that differs from the plan."""
    contents = {}
    for field, path in run.inputs.items():
        contents[field] = path.read_bytes()
        if hashlib.sha256(contents[field]).hexdigest() != run.parts["inputs"][field]:
            raise OutdatedError(path)
    return contents

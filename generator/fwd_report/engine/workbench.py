"""What runs need around them: networks, inputs, the results they refer to; and where results go."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from fwd_report.engine.device import choose_device, choose_dtype
from fwd_report.engine.environment import hardware, peak_memory, precision_policy, versions
from fwd_report.engine.networks import Networks
from fwd_report.engine.repository import git_state
from fwd_report.errors import CodeChangedError, OutdatedError, UserError
from fwd_report.plan.entries import Entries
from fwd_report.plan.loaded_code import LoadedCode
from fwd_report.plan.plugged import digest_of_files
from fwd_report.plan.run import Run
from fwd_report.recording.pictures import write_result
from fwd_report.recording.world import context_of
from fwd_report.spec.project import Project
from fwd_report.store.store import Store
from fwd_report.techniques.base import Result
from fwd_report.techniques.context import RunContext
from fwd_report.techniques.decoding import decoded
from fwd_report.techniques.samplers import sampled_by

if TYPE_CHECKING:
    from fwd_report.models.handle import Evaluator

CPU_BATCH, GPU_BATCH = 16, 64
"""Queries a batch, unless report.yaml says otherwise or memory ends before."""


class Workbench:
    """Prepares what a run needs and stores what it made. Everything is loaded at first use."""

    def __init__(
        self,
        project: Project,
        store: Store,
        code: LoadedCode,
        git: Mapping[str, Any] | None = None,
    ) -> None:
        """git: the commit the project is at; None: that of its folder."""
        self._code = code
        self._git = git
        self._project = project
        self._store = store
        self._entries = Entries(store)
        self._deterministic = project.report.deterministic
        self.device = choose_device(project.report.device)
        if self._deterministic and self.device == "cuda":
            self.device = "cuda:0"  # a training on all GPUs sums in the order they finish
        self._dtype = choose_dtype(project.report.dtype, self.device)
        usual = CPU_BATCH if self.device == "cpu" else GPU_BATCH
        self.batch = 1 if self._deterministic else project.report.batch or usual
        """Most queries a batch, before memory says otherwise."""
        self._networks = Networks(project, store, self.device, self._dtype)

    def prepare(self, runs: Iterable[Run]) -> None:
        """Note what the runs to come ask, so that the text encoder is loaded once."""
        self._networks.prepare(runs)

    def encoded(self, given: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
        """The noted prompts as the networks read them: see `Networks.encoded`."""
        return self._networks.encoded(given)

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
        _require_planned(run)
        model = self._networks.model(run, needs)
        if model is not None and run.plugged:
            model = replace(model, process=sampled_by(run.technique, model.process))
        pictures: dict[str, Any] = {}
        if model is not None and run.inputs:
            contents = _contents(run)
            size, value_range = model.shape[-1], model.value_range
            pictures = {
                f"{kind}s": decoded(run.technique, contents, kind, size, value_range)
                for kind in ("image", "mask")
            }
        return context_of(
            run.seed,
            model=model,
            **pictures,
            scorer=self._networks.scorer(run),
            needs=needs,
            epochs=run.epochs,
            folder=folder,
            device=self.device,
            data=self._project.data,
            progress=progress,
            news=news,
        )

    def evaluator(self, name: str) -> Evaluator:
        """Who answers the queries addressed to `name`."""
        return self._networks.evaluator(name)

    def store(
        self,
        run: Run,
        result: Result,
        value_range: tuple[float, float],
        seconds: float,
        network_steps: int,
        folder: Path | None = None,
    ) -> None:
        """Publish a result under the run's key, with its provenance.

        What asks no network is computed on the CPU, in float32. Raises CodeChangedError where it
        was not made by the code that the key names, UserError for what is no Result.
        """
        if not isinstance(result, Result):
            name = type(run.technique).__name__
            raise UserError(
                f"{name}.{run.technique.kind} returns {type(result).__name__}, no Result"
            )
        _require_planned(run)
        try:
            self._code.check(run.modules)
        except CodeChangedError:
            if folder is not None:
                shutil.rmtree(folder)
            raise
        asked = run.technique.kind == "job" or network_steps > 0
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
                    "precision": precision_policy(device),
                    "deterministic": self._deterministic,
                    "peak_memory": peak_memory(device),
                    "versions": versions(),
                    "git": git_state(self._project.root) if self._git is None else self._git,
                    "seconds": round(seconds, 3),
                    "network_steps": network_steps,
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

    def log(self, run: Run, lines: Iterable[str]) -> Path | None:
        """Keep a failure's details in a file; returns it, relative to the project, if it could."""
        path = self._store.log(run.name, "".join(lines))
        root = self._project.root
        return path.relative_to(root) if path and path.is_relative_to(root) else path


def _require_planned(run: Run) -> None:
    """Raise OutdatedError where files that a plug-in reads are not as planned."""
    for field, files in run.files.items():
        try:
            same = digest_of_files(files) == run.parts["inputs"][field]
        except FileNotFoundError:
            same = False
        if not same:
            raise OutdatedError(f"{min(files)} or another file that {field} names")


def _contents(run: Run) -> dict[str, bytes]:
    """The run's input files, read once. Raises OutdatedError for one that is not as planned."""
    contents = {}
    for field, path in run.inputs.items():
        contents[field] = path.read_bytes()
        if hashlib.sha256(contents[field]).hexdigest() != run.parts["inputs"][field]:
            raise OutdatedError(path)
    return contents

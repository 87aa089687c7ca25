"""Stores results with their provenance, and the details of failures."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from fwd_report.engine.environment import hardware, peak_memory, versions
from fwd_report.engine.machine import Machine
from fwd_report.engine.repository import git_state
from fwd_report.engine.returned import check_finite, check_result
from fwd_report.engine.run_contexts import require_planned
from fwd_report.errors import CodeChangedError
from fwd_report.plan.loaded_code import LoadedCode
from fwd_report.plan.run import Run, drawn
from fwd_report.plugins.global_draws import line_of_draw
from fwd_report.precision import rounding_policy
from fwd_report.recording.pictures import write_result
from fwd_report.spec.project import Project
from fwd_report.store.store import Store
from fwd_report.techniques.base import Result


class Recorder:
    """Stores the results of runs.

    code: what is known of the code that this process runs. encoded: where a run's prompts were
    encoded, if not where its model computes. git: the commit to record, and whether files differ
    from it; None: that of the project.
    """

    def __init__(
        self,
        project: Project,
        store: Store,
        code: LoadedCode,
        machine: Machine,
        encoded: Callable[[Run], str] = lambda run: "",
        git: Mapping[str, Any] | None = None,
    ) -> None:
        self._encoded = encoded
        self._git = git
        self._project = project
        self._store = store
        self._code = code
        self._machine = machine

    def store(
        self,
        run: Run,
        result: Result,
        value_range: tuple[float, float],
        seconds: float,
        network_steps: int,
        folder: Path | None = None,
        draws: Collection[str] = (),
    ) -> None:
        """Publish a result under the run's key, with its provenance. folder: of a job, its own.
        draws: the libraries from whose global generators it drew.

        Raises CodeChangedError if it was not made by the code that the key names, UserError for an
        object that is no Result or holds no valid picture, OutdatedError if files that it read
        differ from the plan.
        """
        check_result(run.technique, result, self.defined(run))
        require_planned(run)
        try:
            self._code.check(run.modules)
        except CodeChangedError:
            if folder is not None:
                shutil.rmtree(folder)
            raise
        where = self.defined(run) or ", ".join(run.plugged)
        dtype = self._machine.dtype if run.model is not None else torch.float32
        on_cpu = self._machine.device_of(run) == "cpu"
        check_finite(run.technique, result, where, dtype, on_cpu)
        made_by = self._provenance(run, result, round(seconds, 3), network_steps)
        if draws:
            made_by["global_draws"] = {"from": sorted(draws), "at": self.draws(run, draws)}
        with self._store.writing(run.key, folder) as target:
            write_result(result, target, value_range)
            self._store.seal(
                target,
                run.key,
                parts=run.parts,
                metrics=result.metrics,
                series=result.series,
                provenance=made_by,
            )
        self._store.remember(run.name, run.key)

    def _provenance(
        self, run: Run, result: Result, seconds: float, network_steps: int
    ) -> dict[str, Any]:
        device = self._machine.device_of(run)
        asked = run.technique.kind == "job" or network_steps > 0
        made_by = drawn(run, result.metrics)
        return {
            "run": run.name,
            "seed": made_by.seed,
            "model": made_by.model,
            "device": device,
            "hardware": hardware(device),
            "dtype": result.precision or (self._precision(run) if asked else "float32"),
            "precision": self._rounding(run, device),
            "deterministic": self._machine.deterministic,
            "peak_memory": peak_memory(device),
            "versions": versions(),
            "git": git_state(self._project.root) if self._git is None else self._git,
            "seconds": seconds,
            "network_steps": network_steps,
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    def _precision(self, run: Run) -> str:
        """The number format of the run's model; all but the text-to-image model use float32."""
        dtype = torch.float32 if run.model is None else self._machine.dtype
        return str(dtype).removeprefix("torch.")

    def defined(self, run: Run) -> str:
        """Where the run's technique is defined, for messages; "" for the package's own."""
        return self._project.plugins.where.get(run.technique.name, "")

    def draws(self, run: Run, of: Collection[str]) -> str:
        """The line of a plug-in that draws from these global generators; where the technique is
        defined, if the line is not known.
        """
        folder = self._project.plugins.folder
        line = folder and line_of_draw(folder, run.modules, of)
        return line or self.defined(run)

    def _rounding(self, run: Run, device: str) -> str:
        """How float32 is rounded, and where prompts were encoded if that was elsewhere."""
        return ", ".join(filter(None, (rounding_policy(device), self._encoded(run))))

    def place(self, run: Run) -> str:
        """Where the specs define the run, as `file:line`."""
        problem = self._project.problem("", run.section, run.experiment)
        return f"{problem.file}:{problem.line}"

    def log(self, run: Run, lines: Iterable[str]) -> Path | None:
        """Write the details of a failure to a file; its path relative to the project, if it was
        written.
        """
        path = self._store.log(run.name, "".join(lines))
        root = self._project.root
        return path.relative_to(root) if path and path.is_relative_to(root) else path

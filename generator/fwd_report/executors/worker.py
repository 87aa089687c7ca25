"""A worker: an engine with its own copy of the project, in a process of the cluster.

It plans the project itself and computes the same keys as the driver, so an order contains only
keys. Independent of Ray.
"""

from __future__ import annotations

import platform
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from fwd_report.capacity import share_host
from fwd_report.executors.messages import Failed, Message, Order, Packed, Ready
from fwd_report.executors.packing import packed, take_in, write_files
from fwd_report.executors.project_copy import ProjectCopy, lay_out, load_copy, plan_copy
from fwd_report.executors.relay import Relay, checkpoints_told
from fwd_report.executors.temporary import own_folder
from fwd_report.store.folders import remove
from fwd_report.store.store import Store
from fwd_report.threads import spin_briefly

if TYPE_CHECKING:
    from fwd_report.engine.failures import Failure
    from fwd_report.engine.networks import Networks
    from fwd_report.engine.workbench import Workbench
    from fwd_report.plan.run import Run
    from fwd_report.spec.project import Project

FOLDER = "fwd-report-worker-"
"""Prefix of workers' temporary folders."""


class Worker:
    """Runs orders, one at a time. threads: number of CPU threads. beside: how many workers share
    the host's memory, including this one.

    `close` deletes its folder; the next worker on the machine deletes that of a killed one.
    """

    def __init__(self, threads: int, beside: int = 1) -> None:
        spin_briefly()
        share_host(beside)
        self._threads = threads
        self._folder = own_folder(FOLDER)
        self._copy: ProjectCopy | None = None
        self._store: Store | None = None
        self._project: Project | None = None
        self._runs: dict[str, Run] = {}
        self._parts: dict[str, Mapping[str, Any]] = {}
        self._needed: set[str] = set()
        self._networks: Networks | None = None
        self._workbench: Workbench | None = None

    def lay_out(self, copy: ProjectCopy) -> list[str]:
        """Unpack the project; return the names of large files that have to be sent."""
        self._copy = copy
        return lay_out(copy, self._folder)

    def add(self, name: str, content: bytes) -> None:
        """Write one of those files."""
        (self._folder / name).write_bytes(content)

    def open(self, wanted: Mapping[str, str]) -> Ready:
        """Load and plan the project, and download the models that its runs query.

        wanted: the keys of the build's runs, by name.
        """
        import torch

        from fwd_report.engine.machine import Machine
        from fwd_report.engine.networks import Networks
        from fwd_report.engine.recorder import Recorder
        from fwd_report.engine.workbench import Workbench
        from fwd_report.plan.asked_models import download_models
        from fwd_report.plan.loaded_code import LoadedCode

        assert self._copy is not None
        torch.set_num_threads(self._threads)
        project = load_copy(self._copy, self._folder)
        self._project, self._store = project, Store(project.root)
        plan = plan_copy(project, self._store)
        keys = set(wanted.values())
        if download_models(project, [run for run in plan.runs if run.key in keys]):
            plan = plan_copy(project, self._store)
        self._runs = {run.key: run for run in plan.runs}
        self._parts = {run.name: run.parts for run in plan.runs}
        self._needed = {need.key for run in plan.runs for need in run.needed}
        code = LoadedCode(plan.sources)
        due = [run for run in plan.runs if run.key in keys]
        code.load(sorted({module for run in due for module in run.modules}))
        machine = Machine.of(project.report)
        self._networks = Networks(
            project, self._store, machine.device, machine.dtype, machine.batch
        )
        self._networks.prepare(due)
        self._workbench = Workbench(project, self._store, code, self._networks)
        self._workbench.recorder = Recorder(
            project, self._store, code, machine, self._networks.encoded, self._copy.git
        )
        unknown = [name for name, key in wanted.items() if key not in self._runs]
        prompts = {} if unknown else self._networks.encoding_names()
        return Ready(platform.node(), machine.device, machine.batch, unknown, prompts)

    def parts(self, names: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Return the key ingredients of these runs, for comparison with the driver's."""
        return {name: self._parts[name] for name in names if name in self._parts}

    def encoded(self, prompts: Mapping[str, bytes] | None) -> dict[str, bytes]:
        """Return the encoded prompts of the runs: those given; encode the others."""
        assert self._networks is not None
        return self._networks.encodings(prompts)

    def work(self, order: Order, *entries: Packed) -> Iterator[list[Message]]:
        """Run an order. entries: results that its runs need and this worker lacks."""
        assert self._store is not None
        for entry in entries:
            if not self._store.has(entry.key):
                take_in(self._store, entry)
        for checkpoint in order.checkpoints:
            folder = self._store.working_folder(checkpoint.key)
            write_files(folder, checkpoint.names, checkpoint.files)
        relay = Relay(self._take_out)
        thread = threading.Thread(target=self._run, args=(order, relay), daemon=True)
        thread.start()
        yield from relay.read()
        thread.join()

    def close(self) -> None:
        """Delete the worker's folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, order: Order, relay: Relay) -> None:
        from fwd_report.engine.device import determinism
        from fwd_report.engine.engine import Engine
        from fwd_report.engine.process_state import process_state_kept
        from fwd_report.precision import rounding

        assert self._store is not None
        assert self._workbench is not None
        assert self._project is not None
        store, workbench, project = self._store, self._workbench, self._project
        runs = [self._runs[key] for key in order.runs]
        jobs = [run.key for run in runs if run.technique.kind == "job"]
        folders = {key: store.working_folder(key) for key in jobs}
        error: BaseException | None = None
        try:
            with (
                project.plugins.used(),
                determinism(project.report.deterministic),
                rounding(project.report.tf32),
                process_state_kept(),
                checkpoints_told(relay, folders, order.tell_every),
            ):
                engine = Engine(store, workbench, relay, order.keep_going)
                relay.finished = engine.finished
                for failure in engine.run(runs):
                    relay.put(self._told(failure))
        except BaseException as raised:
            error = raised
        relay.close(error)

    def _told(self, failure: Failure) -> Failed:
        assert self._store is not None
        log = None
        with suppress(OSError):
            log = (self._store.base / "logs" / f"{failure.run.name}.log").read_text("utf-8")
        return Failed(
            failure.run.key,
            failure.cause,
            failure.repairable,
            failure.wrong_input,
            failure.out_of_memory,
            log,
        )

    def _take_out(self, key: str) -> Packed:
        """Pack an entry for sending; delete it here unless a run of the plan needs it."""
        assert self._store is not None
        entry = packed(self._store, key)
        if key not in self._needed:
            remove(self._store.folder(key))
        return entry

"""The surroundings of runs: models, a context for each, and where results go."""

from __future__ import annotations

from fwd_report.engine.machine import Machine
from fwd_report.engine.model_source import Models
from fwd_report.engine.networks import Networks
from fwd_report.engine.recorder import Recorder
from fwd_report.engine.run_contexts import Contexts
from fwd_report.plan.loaded_code import LoadedCode
from fwd_report.spec.project import Project
from fwd_report.store.store import Store


class Workbench:
    """The parts that an engine works with. Everything is loaded at first use.

    models: answer the queries; by default the project's own networks.
    """

    def __init__(
        self, project: Project, store: Store, code: LoadedCode, models: Models | None = None
    ) -> None:
        self.machine = Machine.of(project.report)
        device, dtype, batch = self.machine.device, self.machine.dtype, self.machine.batch
        networks = Networks(project, store, device, dtype, batch)
        self.models: Models = models or networks
        self.contexts = Contexts(store, self.models, self.machine, project.data)
        self.recorder = Recorder(project, store, code, self.machine, networks.encoded)

"""The executor `local`: one engine, in this process."""

from __future__ import annotations

from collections.abc import Generator

from fwd_report.engine.device import determinism
from fwd_report.engine.engine import Engine
from fwd_report.engine.failures import Failure
from fwd_report.engine.process_state import process_state_kept
from fwd_report.engine.progress import Progress
from fwd_report.engine.workbench import Workbench
from fwd_report.executors.contract import Finished, Work
from fwd_report.plan.loaded_code import LoadedCode
from fwd_report.plan.rates import Rates, first_rates
from fwd_report.precision import rounding


class InProcess:
    """Loads each network once, and batches the queries of all runs."""

    def __init__(self, work: Work) -> None:
        self._code = LoadedCode(work.plan.sources)
        self._code.load(sorted({module for run in work.runs for module in run.modules}))
        self._workbench = Workbench(work.plan.project, work.store, self._code)
        self.rates = Rates(work.store.base, first_rates(work.runs))

    def run(self, work: Work, progress: Progress) -> Generator[Finished | Failure]:
        project = work.plan.project
        with (
            project.plugins.used(),
            determinism(project.report.deterministic),
            rounding(project.report.tf32),
            process_state_kept(),
        ):
            engine = Engine(work.store, self._workbench, progress, work.keep_going, work.forced)
            failures = engine.run(work.runs)
        yield from failures
        for run in work.runs:
            if run.key in engine.finished:
                yield Finished(run, run.key in engine.others)

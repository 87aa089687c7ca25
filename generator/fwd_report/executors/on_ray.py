"""The executor `ray`: one engine per GPU, or per few CPU cores, of a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from functools import partial

from fwd_report.engine.failures import Failure
from fwd_report.engine.progress import Progress
from fwd_report.engine.repository import git_state
from fwd_report.executors.actors import RayCrew
from fwd_report.executors.cluster import cluster
from fwd_report.executors.contract import Finished, Work
from fwd_report.executors.foreman import Foreman
from fwd_report.executors.means import check_device, means_of, resources
from fwd_report.executors.packing import packed
from fwd_report.executors.project_copy import copy_of
from fwd_report.plan.rates import Estimate, Rates, first_rates

RATES = "rates-ray.json"
"""File of the rates on Ray workers, kept apart from those of the local executor."""


class SharedRates(Rates):
    """Rates for several workers that run steps in parallel."""

    workers: Callable[[], int] = staticmethod(lambda: 1)
    """The number of workers."""

    def estimate(self, steps: Mapping[str, int]) -> Estimate:
        """Estimate the time of steps divided among the workers."""
        alone = super().estimate(steps)
        return replace(alone, seconds=alone.seconds / self.workers())


class OnRay:
    """Starts Ray on this machine, or uses the cluster at `address`.

    workers: how many; None for as many as fit.
    """

    def __init__(self, work: Work, address: str | None, workers: int | None) -> None:
        check_device(work.plan.project)
        self._address = address
        self._workers = workers
        self.rates = SharedRates(work.store.base, first_rates(work.runs), RATES)

    def run(self, work: Work, progress: Progress) -> Generator[Finished | Failure]:
        project = work.plan.project
        copy = copy_of(work.plan, work.store, work.overrides, git_state(project.root))
        progress.working_on("starting workers")
        with cluster(self._address) as ray:
            means = means_of(resources(ray), project.report.device, self._workers)
            pack = partial(packed, work.store)
            memory = work.store.memory
            crew = RayCrew(ray, means, copy, work.runs, pack, progress.working_on, memory)
            try:
                self.rates.workers = lambda: crew.size
                yield from Foreman(work, crew, progress, self.rates).run()
            finally:
                crew.close()

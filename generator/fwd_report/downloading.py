"""What the runs of a report will need from the network, fetched beforehand."""

from __future__ import annotations

from pathlib import Path

from fwd_report.errors import UserError, joined
from fwd_report.plan.asked_datasets import asked_datasets
from fwd_report.plan.asked_models import download_models
from fwd_report.plan.plan import make_plan
from fwd_report.running import Options, tell
from fwd_report.spec.selection import check_names
from fwd_report.store.store import Store
from fwd_report.training.catalogue import FILES


def download_needed(root: Path, options: Options) -> tuple[bool, list[str]]:
    """Have all models of the selected runs, and their datasets, on this machine.

    Returns whether a model was fetched, and those datasets now here that are not part of the
    package. Nothing is run. Raises UserError and UnavailableError as a build would, once, of all
    that cannot be had.
    """
    project = options.project(root)
    check_names(project, options.only)
    runs = make_plan(project, Store(root), models_by_name=True).selected(options.only)
    refusals = []
    fetched = False
    try:
        fetched = download_models(project, runs, tell)
    except UserError as error:
        refusals.append(error)
    asked = asked_datasets(runs)
    datasets = sorted(name for name in FILES if name in asked)
    if datasets:
        from fwd_report.training.datasets import load_dataset

        for name in datasets:
            try:
                load_dataset(name, project.data)
            except UserError as error:
                refusals.append(error)
    if refusals:
        raise joined(refusals)
    return fetched, datasets

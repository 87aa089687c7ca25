"""The datasets that runs are trained on or draw from."""

from __future__ import annotations

from collections.abc import Iterable

from fwd_report.plan.run import Run
from fwd_report.plugins.named import Named, named_in
from fwd_report.techniques.base import marked_fields


def asked_datasets(runs: Iterable[Run]) -> set[str]:
    """The names of the datasets in the fields of these runs, whatever the fields are called."""
    return {
        name
        for run in runs
        for _, kind, name in named_in(run.technique, marked_fields(type(run.technique), Named))
        if kind == "datasets"
    }

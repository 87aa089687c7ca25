"""Limits on the size of a report, checked before any of it is expanded."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

from fwd_report.errors import Problem
from fwd_report.spec.document import Document

MOST_RUNS = 100_000
"""Most runs of a report, and most that its figures show of others."""
MOST_EXPERIMENTS = 10_000
"""Most experiments of a report."""


def excess(documents: Iterable[Document]) -> Problem | None:
    """What is wrong if sections hold more than can be planned in seconds; else None.

    Samples and references are counted later: counting them is cheap.
    """
    experiments = combinations = 0
    for document in documents:
        written = document.data.get("experiments")
        for index, data in enumerate(written if isinstance(written, list) else ()):
            experiments += 1
            combinations += _combinations(data)
            if experiments > MOST_EXPERIMENTS:
                what = f"the report has more than {MOST_EXPERIMENTS:,} experiments"
            elif combinations > MOST_RUNS:
                what = f"more than {MOST_RUNS:,} runs in the report"
            else:
                continue
            hint = "sweeps and cases make many runs of one experiment, and fewer make fewer"
            return document.problem(what, ("experiments", index), hint)
    return None


def _combinations(data: Any) -> int:
    """How many variants an experiment would have, as far as its cases and sweep are lists."""
    if not isinstance(data, dict):
        return 0
    cases, sweep = data.get("cases"), data.get("sweep")
    axes = sweep.values() if isinstance(sweep, dict) else ()
    lengths = [len(values) for values in (cases, *axes) if isinstance(values, list)]
    return prod(max(1, length) for length in lengths)

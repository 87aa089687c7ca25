"""Fields that change nothing beside the values of others: said before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

from fwd_report.errors import Problem
from fwd_report.spec.document import Document
from fwd_report.spec.experiments import Draft


def effectless(document: Document, draft: Draft) -> Iterator[Problem]:
    """Warn of fields that an experiment writes and that change none of its pictures."""
    if draft.spec is None or not draft.spec.variants:
        return
    found = [variant.technique.without_effect() for variant in draft.spec.variants]
    for field in found[0]:
        if all(field in each for each in found):
            why, hint = found[0][field]
            path = next((path for path, _ in draft.written(field)), None)
            if path is not None:
                yield document.problem(f"{field} has no effect: {why}", path, hint)

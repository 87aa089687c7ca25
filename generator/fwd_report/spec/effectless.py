"""Fields that change nothing beside the values of others: said before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fwd_report.errors import Problem
from fwd_report.spec.document import Document
from fwd_report.spec.experiments import Draft
from fwd_report.techniques.base import Technique


def effectless(document: Document, draft: Draft) -> Iterator[Problem]:
    """Warn of fields that an experiment writes and that change none of its pictures."""
    if draft.spec is None or not draft.spec.variants:
        return
    found = [dict(_of(variant.technique)) for variant in draft.spec.variants]
    for field in found[0]:
        if all(field in each for each in found):
            why, hint = found[0][field]
            path = next((path for path, _ in draft.written(field)), None)
            if path is not None:
                yield document.problem(f"{field} has no effect: {why}", path, hint)


def _of(technique: Technique) -> Iterator[tuple[str, tuple[str, str]]]:
    """The fields of one run that change nothing in it: why, and the way out."""
    value: dict[str, Any] = dict(technique)
    guidance = value.get("guidance")
    leave = "leave it out"
    if guidance == 1:
        why = "with guidance 1 the prompt's own estimate is taken as it is"
        hint = f"{leave}, or raise guidance"
        if value.get("negative_prompt"):
            yield "negative_prompt", (why, hint)
        if value.get("guidance_interval") is not None:
            yield "guidance_interval", (why, hint)
    if guidance in (0, 1) and value.get("guidance_rescale"):
        why = f"with guidance {guidance:g} no two estimates are combined"
        yield "guidance_rescale", (why, f"{leave}, or raise guidance")
    if value.get("resample") == 1 and "jump_length" in technique.model_fields_set:
        yield "jump_length", ("it is how far resampling goes back", f"{leave}, or set resample")
    if "flipped" in value and value["flipped"] == value.get("prompt"):
        why = "it is the prompt, so both readings show the same"
        yield "flipped", (why, "write what the picture shows through the view")

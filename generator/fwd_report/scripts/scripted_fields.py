"""A technique's fields as scripts need them: found by their markers, and not by their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fwd_report.plugins.named import Named
from fwd_report.techniques.base import InputFile, Technique, marked_fields, prompts_of
from fwd_report.techniques.sampling import GuidanceScale, LoopStart, LoopSteps, marked_value


@dataclass(frozen=True)
class Fields:
    """What a script needs of a technique's fields.

    prompts: in the order of the fields. split, kernel_size, sigma: of a hybrid. view_seed: of an
    anagram.
    """

    prompts: Sequence[str]
    image: str | None
    mask: str | None
    guidance: Any
    steps: int | None
    start: int
    view: str
    view_seed: int
    threshold: float | None
    split: str
    kernel_size: int
    sigma: float


def fields_of(technique: Technique) -> Fields:
    """The fields of a technique that a script can be made of."""
    files = {
        mark.kind: getattr(technique, name)
        for name, mark in marked_fields(type(technique), InputFile).items()
    }
    views = (
        getattr(technique, name)
        for name, mark in marked_fields(type(technique), Named).items()
        if mark.kind == "views"
    )
    return Fields(
        prompts=prompts_of(technique),
        image=files.get("image"),
        mask=files.get("mask"),
        guidance=marked_value(technique, GuidanceScale),
        steps=marked_value(technique, LoopSteps),
        start=marked_value(technique, LoopStart) or 0,
        view=next(views, ""),
        view_seed=getattr(technique, "view_seed", 0),
        threshold=getattr(technique, "dynamic_thresholding", None),
        split=getattr(technique, "split", ""),
        kernel_size=getattr(technique, "kernel_size", 0),
        sigma=getattr(technique, "sigma", 0.0),
    )

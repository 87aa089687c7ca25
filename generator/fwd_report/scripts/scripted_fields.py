"""A technique's fields as scripts need them: found by their markers, and not by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fwd_report.plugins.named import Named
from fwd_report.techniques.base import InputFile, Technique, marked_fields, prompts_of
from fwd_report.techniques.framing import Frame
from fwd_report.techniques.sampling import GuidanceScale, LoopStart, LoopSteps, marked_value


@dataclass(frozen=True)
class Fields:
    """What a script needs of a technique's fields.

    prompts: in the order of the fields. files: the input picture and mask, as "image" and "mask";
    places: the names of their fields. split, kernel_size, sigma: of a hybrid. view_seed: of an
    anagram.
    """

    prompts: Sequence[str]
    files: Mapping[str, str]
    places: Mapping[str, str]
    guidance: Any
    steps: int | None
    start: int
    view: str
    view_seed: int
    threshold: float | None
    split: str
    kernel_size: int
    sigma: float

    def by_kind(self, frames: Mapping[str, Frame]) -> dict[str, Frame]:
        """What is known of the files by their fields, by "image" and "mask"."""
        return {kind: frames[name] for kind, name in self.places.items() if name in frames}


def fields_of(technique: Technique) -> Fields:
    """The fields of a technique that a script can be made of."""
    places = {
        mark.kind: name
        for name, mark in marked_fields(type(technique), InputFile).items()
        if getattr(technique, name) is not None
    }
    views = (
        getattr(technique, name)
        for name, mark in marked_fields(type(technique), Named).items()
        if mark.kind == "views"
    )
    return Fields(
        prompts=prompts_of(technique),
        files={kind: getattr(technique, name) for kind, name in places.items()},
        places=places,
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

"""A technique's fields under the names that scripts use: found by their types, not their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fwd_report.plugins.named import Named
from fwd_report.techniques.base import (
    InputFile,
    PromptText,
    Technique,
    marked_fields,
    prompts_of,
)
from fwd_report.techniques.framing import Frame
from fwd_report.techniques.sampling import GuidanceScale, LoopStart, LoopSteps, marked_value
from fwd_report.techniques.scripted import Scripted

PROMPTS = {"hybrid": ("low", "high"), "anagram": ("prompt", "flipped")}
"""The names of a technique's prompts, by how its estimates are combined; else "prompt"."""
OPTIONS: Mapping[str, Any] = {
    "timesteps": None,
    "spacing": "leading",
    "sampler": None,
    "eta": 0.0,
    "dynamic_thresholding": None,
    "guidance_rescale": 0.0,
    "guidance_interval": None,
    "view_seed": 0,
    "split": "",
    "kernel_size": 0,
    "sigma": 0.0,
    "resample": 1,
    "jump_length": 1,
}
"""Fields that a script finds by name, with the values that stand for their absence."""


def fields_of(technique: Technique, scripted: Scripted) -> dict[str, Any]:
    """The fields of a technique that its script needs, under the names that scripts use."""
    away = [
        getattr(technique, name)
        for name, mark in marked_fields(type(technique), PromptText).items()
        if mark.away
    ]
    views = [
        getattr(technique, name)
        for name, mark in marked_fields(type(technique), Named).items()
        if mark.kind == "views"
    ]
    names = PROMPTS.get(scripted.estimate, ("prompt",))
    return {
        **{name: getattr(technique, name, default) for name, default in OPTIONS.items()},
        **dict(zip(names, prompts_of(technique), strict=False)),
        **{kind: getattr(technique, name) for kind, name in _files(technique).items()},
        "negative_prompt": next(iter(away), ""),
        "guidance": marked_value(technique, GuidanceScale),
        "steps": marked_value(technique, LoopSteps),
        "i_start": marked_value(technique, LoopStart) or 0,
        "view": next(iter(views), ""),
    }


def frames_by_kind(technique: Technique, frames: Mapping[str, Frame]) -> dict[str, Frame]:
    """How the input picture and mask are cropped, as "image" and "mask", by frames of fields."""
    return {kind: frames[name] for kind, name in _files(technique).items() if name in frames}


def _files(technique: Technique) -> dict[str, str]:
    """The names of the fields with the input picture and mask, as "image" and "mask"."""
    return {
        mark.kind: name
        for name, mark in marked_fields(type(technique), InputFile).items()
        if getattr(technique, name) is not None
    }

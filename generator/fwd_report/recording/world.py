"""What a run is given: noise of its seed, its pictures at its model's size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fwd_report.diffusion.noise import Noise
from fwd_report.techniques.base import InputFile, Technique, marked_fields
from fwd_report.techniques.context import RunContext
from fwd_report.techniques.inputs import load_image, load_mask


def context_of(
    technique: Technique, seed: int, inputs: Mapping[str, bytes], **given: Any
) -> RunContext:
    """The world of a run with that seed.

    inputs: the contents of its picture files, by field name; given: the rest of `RunContext`.
    Raises UserError for a file that is no picture.
    """
    context = RunContext(seed=seed, noise=Noise(seed), **given)
    if context.model is not None:
        kinds = marked_fields(type(technique), InputFile)
        size = context.model.shape[-1]
        context.images = {
            field: load_image(content, size, context.value_range)
            for field, content in inputs.items()
            if kinds[field].kind == "image"
        }
        context.masks = {
            field: load_mask(content, size)
            for field, content in inputs.items()
            if kinds[field].kind == "mask"
        }
    return context

"""Does a picture show what a text describes? The protocol of scorers, and how they are loaded.

A scorer is a folder, the embedded model's own or a CLIP model in transformers' layout, or the
creation of a plug-in.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any, Protocol

import torch
from torch import Tensor

from fwd_report.errors import UserError, as_code
from fwd_report.models.clip import load_clip
from fwd_report.models.folder_layout import CONFIG, WHOLE
from fwd_report.models.model_folder import ModelFolder
from fwd_report.models.towers import Towers, load_towers
from fwd_report.outside import outside_keys
from fwd_report.plugins.importing import plugin_line
from fwd_report.plugins.offers import in_use
from fwd_report.plugins.problems import exits_as_errors, said

NOT_UNIT = 0.02
"""Difference of a vector's length from 1 that rounding to 16 bits does not explain."""


class Scorer(Protocol):
    """Maps pictures and texts to unit vectors of one space, whose products are cosines.

    Pictures come on the CPU; answers may be on any device.
    """

    @property
    def temperature(self) -> float:
        """The number that cosines were divided by in training, before the softmax."""
        ...

    def images(self, pictures: Tensor) -> Tensor:
        """(N, 3, S, S) in [-1, 1], any S, to (N, width)."""
        ...

    def texts(self, prompts: Sequence[str]) -> Tensor:
        """(N, width)."""
        ...


def load_scorer(folder: ModelFolder, device: str) -> Scorer:
    """The scorer in `folder`, of the kind that its config.json names.

    Raises UserError that names the file which is missing, damaged or of an unknown kind.
    """
    config = folder.config(WHOLE)
    if config.get("model_type") == "clip":
        return load_clip(folder, device)
    if config.get("_class_name") == Towers.__name__:
        return load_towers(folder, config, device)
    raise UserError(
        f"{folder.path / CONFIG} describes no known scorer",
        hint="name emoji-if, or a CLIP model in transformers' layout",
    )


def plugged_scorer(name: str, device: str) -> Scorer:
    """The scorer that a plug-in creates. Raises UserError for an object that is none."""
    made = in_use().load("scorers", name)(device)
    _require_scorer(name, made)
    return made  # type: ignore[no-any-return]


@outside_keys
def _require_scorer(name: str, made: object) -> None:
    offer = in_use().offer("scorers", name)
    where = offer.where if offer else name
    lacking = [word for word in ("images", "texts", "temperature") if not hasattr(made, word)]
    if lacking:
        raise UserError(f"{where}: the scorer '{name}' has no {lacking[0]}")
    try:
        with exits_as_errors(), torch.inference_mode():
            fault = _fault(made)
    except Exception as error:
        at = plugin_line(error) or where
        raise UserError(f"{at}: the scorer '{name}' answers nothing: {said(error)}") from error
    if fault is not None:
        raise UserError(f"{where}: the scorer '{name}' {fault}")


@outside_keys
def _fault(scorer: Any) -> str | None:
    """What is wrong with a scorer's answers to two pictures and two texts; None: nothing."""
    temperature = scorer.temperature
    if not (isinstance(temperature, (int, float)) and 0 < temperature < inf):
        return f"has the temperature {as_code(temperature)}, which is no positive number"
    pictures = torch.linspace(-1, 1, 2 * 3 * 8 * 8).reshape(2, 3, 8, 8)
    answers = {"images": scorer.images(pictures), "texts": scorer.texts(["a dog", "a red house"])}
    for method, answer in answers.items():
        if not isinstance(answer, Tensor) or not answer.is_floating_point():
            return (
                f"answers {type(answer).__name__} in {method}, no tensor of floating-point values"
            )
        if answer.ndim != 2 or len(answer) != 2:
            return f"answers {tuple(answer.shape)} to two {method}, not (2, width)"
        norms = answer.float().norm(dim=1)
        if not bool(((norms - 1).abs() < NOT_UNIT).all()):
            return f"answers vectors of the lengths {norms.tolist()} in {method}, not unit vectors"
    shapes, kinds = zip(*((each.shape, each.dtype) for each in answers.values()), strict=True)
    if shapes[0] != shapes[1] or kinds[0] != kinds[1]:
        return (
            f"answers {tuple(shapes[0])} {kinds[0]} in images and {tuple(shapes[1])} {kinds[1]} in "
            "texts, which are not of one space"
        )
    return None

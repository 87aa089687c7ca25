"""Does a picture show what a text describes? The protocol of scorers, and how they are loaded.

A scorer is a folder, the embedded model's own or a CLIP model in transformers' layout, or the
creation of a plug-in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from fwd_report.errors import UserError
from fwd_report.models.clip import load_clip
from fwd_report.models.folder_layout import CONFIG, WHOLE
from fwd_report.models.model_folder import ModelFolder
from fwd_report.models.towers import Towers, load_towers
from fwd_report.outside import outside_keys
from fwd_report.plugins.offers import in_use


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
    lacking = [word for word in ("images", "texts", "temperature") if not hasattr(made, word)]
    if lacking:
        offer = in_use().offer("scorers", name)
        where = f"{offer.where}: " if offer else ""
        raise UserError(f"{where}the scorer '{name}' has no {lacking[0]}")

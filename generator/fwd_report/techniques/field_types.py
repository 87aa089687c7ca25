"""What a field of a technique means to the engine: markers, and types that carry them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import StringConstraints

from fwd_report.plugins.named import Named


@dataclass(frozen=True)
class InputFile:
    """Marks a field with the path of a file of the project; its digest is part of the run's key.

    of: the field of the image that a mask belongs to; None: the first one.
    """

    kind: Literal["image", "mask"]
    of: str | None = None


@dataclass(frozen=True)
class Reference:
    """Marks a field that names another experiment, as `id` or `section.id`.

    fan "each": this experiment has one run for each run of the other; "one": the other must have
    a single run, and the name may end in `@epoch`; "all": one run that needs all of the other's.
    asked: the other is a training, and its network is the run's model. helps: a
    method of the other's technique that takes part in the run, so that its code counts.
    """

    fan: Literal["each", "one", "all"]
    asked: bool = False
    helps: str | None = None


class FigureOnly:
    """Marks a field that only the figure reads: it is not part of the run's key."""


@dataclass(frozen=True)
class PromptText:
    """Marks a field with a text for the text encoder; it is encoded once and cached.

    away: pictures should not show it; guidance leads away from it.
    """

    away: bool = False


class NotByDefault:
    """Marks a field added later, which is part of a key only if it is not at its default."""


class AskedClass:
    """Marks a field with the class for a class-conditional model: a digit."""


Prompt = Annotated[str, StringConstraints(max_length=500), PromptText()]
"""A prompt; "" is the unconditional one."""
ImageFile = Annotated[str, InputFile("image")]
"""A picture, relative to the project; a square of it is resized to the model's size."""
MaskFile = Annotated[str, InputFile("mask")]
"""A picture of the image's own shape: white where new content goes."""
EachRun = Annotated[str, Reference("each")]
EnlargedRun = Annotated[str, Reference("each", helps="enlarged")]
"""The same, where stage II asks the other's technique how its pictures are estimated."""
ScorerName = Annotated[str, Named("scorers", open=True)]
"""The embedded model's name, a folder, a hub id or a plug-in: what scores how well pictures match
texts. It is the run's scorer, and its content part of the key; None means the report's."""
OneRun = Annotated[str, Reference("one")]
Trained = Annotated[str, Reference("one", asked=True)]
"""A training, as `id` or `id@epoch`, whose network the run uses."""
AllRuns = Annotated[str, Reference("all")]

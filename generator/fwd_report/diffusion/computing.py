"""Computations on many images, batched where they are alike."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from fwd_report.diffusion.program import Computation, Program
from fwd_report.diffusion.rows import stacked, unstacked
from fwd_report.plugins.problems import as_exception

CPU_VALUES = 1 << 17
"""The number of image values that the CPU processes together: their tensors stay in its cache."""


def compute(asked: Sequence[Computation]) -> list[Any]:
    """The answer to each computation, in order, or the exception of one that fails alone.

    Nothing waits for the device. A batch that fails is computed again image by image.
    """
    groups: dict[Hashable, list[int]] = {}
    answers: dict[int, Any] = {}
    for place, one in enumerate(asked):
        try:  # a plug-in's objects may raise in all of this, even where they are hashed
            alike = type(one), one.kind() or place, one.like.shape, one.like.device
            groups.setdefault(alike, []).append(place)
        except BaseException as error:
            answers[place] = as_exception(error)
    for places in groups.values():
        for part in _parts(places, asked[places[0]].like):
            answers.update(zip(part, _computed([asked[place] for place in part]), strict=True))
    return [answers[place] for place in range(len(asked))]


def _parts(places: Sequence[int], like: Tensor) -> list[Sequence[int]]:
    """These places, split into batches of the size that suits the device."""
    most = max(1, CPU_VALUES // max(1, like.numel())) if like.device.type == "cpu" else len(places)
    return [places[start : start + most] for start in range(0, len(places), most)]


def _computed(asked: Sequence[Computation]) -> Sequence[Any]:
    try:
        if asked[0].kind() is None:
            return [asked[0].alone()]
        answers = asked[0].together(asked)
        if len(answers) != len(asked):
            raise ValueError(f"{len(answers)} answers to {len(asked)} questions")
        return answers
    except BaseException as error:
        failed = as_exception(error)
        if len(asked) == 1:
            return [failed]
    return [answer for one in asked for answer in _computed([one])]


@dataclass(frozen=True, eq=False, slots=True)
class Applied:
    """The computation that `applied` yields."""

    function: Callable[..., Tensor]
    images: tuple[Tensor, ...]

    @property
    def like(self) -> Tensor:
        return self.images[0]

    def kind(self) -> Hashable:
        return self.function, tuple(image.shape for image in self.images), self.images[0].device

    def alone(self) -> Tensor:
        return self.together([self])[0]

    def together(self, asked: Sequence[Applied]) -> Sequence[Tensor]:
        columns = zip(*(one.images for one in asked), strict=True)
        return unstacked(self.function(*map(stacked, columns)), [one.like for one in asked])


def applied(function: Callable[..., Tensor], *images: Tensor) -> Program[Tensor]:
    """Compute function(*images), batched over the images of many programs.

    function: takes one batch (B, C, H, W) for each of the images, modifies none of them, and
    returns such a batch, image by image. Equal functions share batches, so a function that is
    created anew for each run should be an object of a frozen dataclass.
    """
    (image,) = yield (Applied(function, images),)
    return image  # type: ignore[no-any-return]

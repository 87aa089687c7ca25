"""Computations of many images, made together where they are alike."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from fwd_report.diffusion.program import Computation, Program
from fwd_report.diffusion.rows import stacked

CPU_VALUES = 1 << 17
"""Values of the images that the CPU takes together: their tensors stay in its cache."""


def compute(asked: Sequence[Computation]) -> list[Any]:
    """The answer to each, in order; an exception stands where one fails alone.

    Nothing waits for the device. A batch that fails is computed again image by image.
    """
    groups: dict[Hashable, list[int]] = {}
    for place, one in enumerate(asked):
        groups.setdefault((type(one), one.kind() or place), []).append(place)
    answers: dict[int, Any] = {}
    for places in groups.values():
        for part in _parts(places, asked[places[0]].like):
            answers.update(zip(part, _computed([asked[place] for place in part]), strict=True))
    return [answers[place] for place in range(len(asked))]


def _parts(places: Sequence[int], like: Tensor) -> list[Sequence[int]]:
    """Those places in as many batches as the device likes."""
    most = max(1, CPU_VALUES // max(1, like.numel())) if like.device.type == "cpu" else len(places)
    return [places[start : start + most] for start in range(0, len(places), most)]


def _computed(asked: Sequence[Computation]) -> Sequence[Any]:
    try:
        if asked[0].kind() is None:
            return [asked[0].alone()]
        return asked[0].together(asked)
    except Exception as error:
        if len(asked) == 1:
            return [error]
    return [answer for one in asked for answer in _computed([one])]


@dataclass(frozen=True, eq=False, slots=True)
class Applied:
    """The answer to `applied`."""

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
        return self.function(*map(stacked, columns)).unbind()


def applied(function: Callable[..., Tensor], *images: Tensor) -> Program[Tensor]:
    """Ask for function(*images), computed for the images of many programs at once.

    function: takes a batch (B, C, H, W) for each of the images, image by image, writes to none of
    them and returns such a batch. Equal functions share batches, so one that is made anew for
    each run should be an object of a frozen dataclass.
    """
    (image,) = yield (Applied(function, images),)
    return image  # type: ignore[no-any-return]

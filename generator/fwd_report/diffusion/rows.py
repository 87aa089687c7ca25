"""Rows of a batch: single images joined on the device, with the numbers that belong to each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

REMEMBERED = 256
"""The number of batches whose rows of numbers stay on the device."""


def stacked(images: Sequence[Tensor], device: torch.device | None = None) -> Tensor:
    """B images of one shape (C, H, W) as (B, C, H, W), on the device; None: on the first image's.

    If the images are equally spaced rows of one tensor, the result is that tensor or a part of it
    and no copy, so do not write to the result.
    """
    device = device or images[0].device
    once = list({id(image): image for image in images}.values())
    if len(once) < len(images):
        row_of = {id(image): row for row, image in enumerate(once)}
        rows = numbers([row_of[id(image)] for image in images], device)
        return stacked(once, device).index_select(0, rows)
    if any(image.device != images[0].device for image in images):
        images = [uploaded(image, device) for image in images]
    spaced = _evenly_spaced(images)
    return uploaded(torch.stack(list(images)) if spaced is None else spaced, device)


def unstacked(batch: object, images: Sequence[Tensor]) -> Sequence[Tensor]:
    """A result (B, C, H, W) of a function of B images as B single ones.

    images: those B. Raises ValueError for what is not one image for each of them.
    """
    shape = tuple(batch.shape) if isinstance(batch, Tensor) else type(batch).__name__
    if not (isinstance(batch, Tensor) and batch.ndim == 1 + images[0].ndim):
        raise ValueError(f"a function of a batch (B, C, H, W) returned {shape}")
    if len(batch) != len(images):
        raise ValueError(f"a function of a batch of {len(images)} images returned {shape}")
    return batch.unbind()


def _evenly_spaced(images: Sequence[Tensor]) -> Tensor | None:
    """The images as a view of the tensor whose rows they are, or None."""
    first = images[0]
    if len(images) == 1:
        return first[None]
    storage, stride, shape = first.untyped_storage(), first.stride(), first.shape
    start = first.storage_offset()
    apart = images[1].storage_offset() - start
    if apart <= 0:
        return None
    offset = start
    for image in images:
        if (
            image.storage_offset() != offset
            or image.untyped_storage() is not storage
            or image.stride() != stride
            or image.shape != shape
            or image.dtype != first.dtype
            or image.requires_grad
        ):
            return None
        offset += apart
    return first.as_strided((len(images), *shape), (apart, *stride), start)


def uploaded(values: Tensor, device: torch.device | str) -> Tensor:
    """The same values on the device, without waiting: uploads to CUDA are pinned."""
    device = torch.device(device)
    if values.device == device:
        return values
    if device.type == "cuda" and values.device.type == "cpu":
        return values.pin_memory().to(device, non_blocking=True)
    return values.to(device)


def numbers(values: Sequence[Any], device: torch.device | str) -> Tensor:
    """A number for each image: (B,) on the device, of the dtype that torch gives such numbers.

    The tensor is remembered for later batches, so do not write to it.
    """
    return _numbers(tuple(values), type(values[0]).__name__, torch.device(device))


@lru_cache(REMEMBERED)
def _numbers(values: tuple[Any, ...], kind: str, device: torch.device) -> Tensor:
    return uploaded(torch.tensor(values), device)


class PerRow:
    """Numbers that belong to a pair of times, as tensors of (B, 1, 1, 1) for B such pairs.

    numbers(t, t_next): returns equally many for each pair. In float32 they have the values that a
    product with a Python number uses, so the products of a batch equal those of each of its images,
    bit for bit.
    """

    def __init__(self, numbers: Callable[[float, float], tuple[float, ...]]) -> None:
        self._numbers = numbers
        self._tables: dict[Any, tuple[Tensor, ...]] = {}

    def __call__(
        self, t: Sequence[float], t_next: Sequence[float], like: Tensor
    ) -> tuple[Tensor, ...]:
        """A tensor of (B, 1, 1, 1) for each of the numbers, on the device of `like`."""
        asked = (tuple(t), tuple(t_next), like.device)
        table = self._tables.get(asked)
        if table is None:
            rows = [self._numbers(*pair) for pair in zip(t, t_next, strict=True)]
            columns = torch.tensor(rows, dtype=torch.float32).t().contiguous()
            table = uploaded(columns[..., None, None, None], like.device).unbind()
            while len(self._tables) >= REMEMBERED:
                self._tables.pop(next(iter(self._tables)))
            self._tables[asked] = table
        return table

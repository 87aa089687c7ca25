"""Views of an image for visual anagrams: orthogonal, so that Gaussian noise stays Gaussian.

Every view here permutes pixels or changes signs, which keeps noise independent and of variance 1
(Geng, Park & Owens 2024, *Visual Anagrams*, section 3.3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Protocol

import torch
from torch import Tensor

from fwd_report.diffusion.jigsaw import jigsaw_order
from fwd_report.diffusion.rows import uploaded

Order = Callable[[int, int], Tensor]
"""order(size, seed) -> for each place of the viewed square image, the index of the pixel it shows:
(size²,)."""


@dataclass(frozen=True)
class View:
    """V x: a permutation of the pixels of a square image, optionally with the sign changed.

    order: which pixel each place shows. sign: -1 negates the values. seed: of random orders.
    moves_pixels: whether single pixels move; in an enlarged picture the corresponding blocks move.
    blocks: the width of these blocks.
    """

    name: str
    order: Order
    sign: int = 1
    seed: int = 0
    moves_pixels: bool = False
    blocks: int = 1

    def enlarged(self, times: int) -> View:
        """The same view for pictures that are `times` as large."""
        return replace(self, blocks=self.blocks * times) if self.moves_pixels else self

    def apply(self, image: Tensor) -> Tensor:
        """V x; image: (..., H, W) with H = W, in a range symmetric about 0 if sign is -1."""
        return self.sign * _take(image, self._order(image, inverse=False))

    def invert(self, image: Tensor) -> Tensor:
        """V⁻¹ x, the exact inverse of `apply`."""
        return self.sign * self.invert_variance(image)

    def invert_variance(self, variance: Tensor) -> Tensor:
        """V⁻¹ of a quantity per pixel that has no sign, such as a log-variance."""
        return _take(variance, self._order(variance, inverse=True))

    def _order(self, image: Tensor, inverse: bool) -> Tensor:
        return _order(self.order, image.shape[-1], self.seed, self.blocks, inverse, image.device)


class Invertible(Protocol):
    """The protocol of other views: a linear map of images that preserves the distribution of
    noise.
    """

    def apply(self, image: Tensor) -> Tensor:
        """V x, of the shape of x: (..., H, W)."""

    def invert(self, image: Tensor) -> Tensor:
        """V⁻¹ x."""

    def invert_variance(self, variance: Tensor) -> Tensor:
        """V⁻¹ of a quantity per pixel that has no sign, such as a log-variance."""


def _take(image: Tensor, order: Tensor) -> Tensor:
    if image.shape[-1] != image.shape[-2]:
        raise ValueError(f"views are of square images, not of {tuple(image.shape[-2:])}")
    return image.flatten(-2)[..., order].reshape(image.shape)


@cache
def _order(
    order: Order, size: int, seed: int, blocks: int, inverse: bool, device: torch.device
) -> Tensor:
    """The order or its inverse, on the device, for blocks of that many pixels."""
    places = order(size // blocks, seed)
    if blocks > 1:
        places = _of_blocks(places, size, blocks)
    return uploaded(places.argsort() if inverse else places, device)


def _of_blocks(places: Tensor, size: int, blocks: int) -> Tensor:
    """An order of blocks, which move as a whole, as an order of pixels."""
    side = size // blocks
    pixels = _pixels(size).reshape(side, blocks, side, blocks).transpose(1, 2)
    moved = pixels.reshape(-1, blocks, blocks)[places].reshape(side, side, blocks, blocks)
    return moved.transpose(1, 2).flatten()


def _pixels(size: int) -> Tensor:
    return torch.arange(size * size).reshape(size, size)


def _identity(size: int, seed: int) -> Tensor:
    return _pixels(size).flatten()


def _flip(size: int, seed: int) -> Tensor:
    return _pixels(size).flip(0).flatten()


def _mirror(size: int, seed: int) -> Tensor:
    return _pixels(size).flip(1).flatten()


def _rotate90(size: int, seed: int) -> Tensor:
    return _pixels(size).rot90(1).flatten()


def _rotate180(size: int, seed: int) -> Tensor:
    return _pixels(size).rot90(2).flatten()


def _rotate270(size: int, seed: int) -> Tensor:
    return _pixels(size).rot90(3).flatten()


def _skew(size: int, seed: int) -> Tensor:
    """Each column shifted down by its distance from the middle, with wrap-around."""
    columns = [_pixels(size)[:, j].roll(j - size // 2) for j in range(size)]
    return torch.stack(columns, dim=1).flatten()


def _inner_circle(size: int, seed: int) -> Tensor:
    """A disc of 0.8 of the image's width turned by half a turn; the rest stays."""
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    middle = (size - 1) / 2
    inside = (y - middle) ** 2 + (x - middle) ** 2 <= (0.4 * size) ** 2
    return torch.where(inside, _pixels(size).rot90(2), _pixels(size)).flatten()


def _permuted_pixels(size: int, seed: int) -> Tensor:
    return torch.randperm(size * size, generator=torch.Generator().manual_seed(seed))


def _permuted_patches(size: int, seed: int) -> Tensor:
    """An 8 × 8 grid of patches in a random order (4 × 4 or 2 × 2 where 8 does not divide)."""
    count = next(count for count in (8, 4, 2, 1) if size % count == 0)
    side = size // count
    patches = _pixels(size).reshape(count, side, count, side).transpose(1, 2)
    patches = patches.reshape(count * count, side, side)
    shuffled = patches[_permuted_pixels(count, seed)]
    return shuffled.reshape(count, count, side, side).transpose(1, 2).flatten()


VIEWS: dict[str, View] = {
    view.name: view
    for view in (
        View("identity", _identity),
        View("flip", _flip),
        View("mirror", _mirror),
        View("rotate90", _rotate90),
        View("rotate180", _rotate180),
        View("rotate270", _rotate270),
        View("negate", _identity, sign=-1),
        View("skew", _skew),
        View("inner_circle", _inner_circle),
        View("patches", _permuted_patches),
        View("pixels", _permuted_pixels, moves_pixels=True),
        View("jigsaw", jigsaw_order),
    )
}
"""The views by their names in specs. flip: upside down; rotations are counter-clockwise."""

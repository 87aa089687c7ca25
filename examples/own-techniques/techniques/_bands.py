"""Three frequency bands of an image, by two Gaussian blurs. The name's _ says: no plug-in."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from torch import Tensor

from fwd_report.diffusion.filters import gaussian_blur


def split(coarse: float, fine: float) -> tuple[Callable[[Tensor], Tensor], ...]:
    """Three linear maps of images that add up to the identity, the coarsest first."""
    return (
        lambda x: blurred(x, coarse),
        lambda x: blurred(x, fine) - blurred(x, coarse),
        lambda x: x - blurred(x, fine),
    )


def blurred(image: Tensor, sigma: float) -> Tensor:
    """(..., C, H, W) through a Gaussian of `sigma` pixels, as wide as three of them each way."""
    return gaussian_blur(image, 2 * ceil(3 * sigma) + 1, sigma)

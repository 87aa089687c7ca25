"""Linear filters that split an image into parts which add up to the image."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from fwd_report.diffusion.rows import uploaded


def gaussian_blur(image: Tensor, kernel_size: int, sigma: float) -> Tensor:
    """Blur each channel with a normalised Gaussian, reflecting at the border.

    image: (..., C, H, W), any range; sigma in pixels, positive; kernel_size odd.
    Raises ValueError if kernel_size is even or wider than 2·min(H, W) - 1, or if sigma is not
    positive.
    The low-pass half of Factorized Diffusion (Geng et al. 2024).
    """
    height, width = image.shape[-2:]
    if kernel_size < 1 or kernel_size % 2 == 0 or kernel_size > 2 * min(height, width) - 1:
        raise ValueError(
            f"kernel_size must be odd and at most {2 * min(height, width) - 1}, not {kernel_size}"
        )
    if sigma <= 0:
        raise ValueError(f"sigma must be positive, not {sigma}")
    radius = kernel_size // 2
    weights = _gaussian(radius, sigma, image.dtype, image.device)
    planes = image.reshape(-1, 1, height, width)
    planes = F.pad(planes, (radius, radius, radius, radius), mode="reflect")
    planes = F.conv2d(planes, weights.view(1, 1, 1, -1))
    planes = F.conv2d(planes, weights.view(1, 1, -1, 1))
    return planes.reshape(image.shape)


@cache
def _gaussian(radius: int, sigma: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The weights of the blur at the distances -radius … radius; they add up to 1."""
    distance = torch.arange(-radius, radius + 1, dtype=dtype)
    weights = torch.exp(-0.5 * (distance / sigma) ** 2)
    return uploaded(weights / weights.sum(), device)


def high_pass(image: Tensor, kernel_size: int, sigma: float) -> Tensor:
    """What `gaussian_blur` removes: the identity minus the blur."""
    return image - gaussian_blur(image, kernel_size, sigma)


def grey(image: Tensor) -> Tensor:
    """The mean of the channels in every channel: the grey half of a colour hybrid.

    image: (..., C, H, W). Factorized Diffusion (Geng et al. 2024), section 3.3.
    """
    return image.mean(-3, keepdim=True).expand_as(image)


def colour(image: Tensor) -> Tensor:
    """What `grey` removes: the identity minus the grey."""
    return image - grey(image)

"""The blur equals scipy's; its halves add up to the image."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers.plain import blur as scipy_blur

from fwd_report.diffusion.filters import colour, gaussian_blur, grey, high_pass

odd = st.integers(0, 15).map(lambda n: 2 * n + 1)
sigmas = st.floats(0.3, 8)


def picture(height: int, width: int) -> torch.Tensor:
    return torch.randn(3, height, width, generator=torch.Generator().manual_seed(0))


@given(odd, sigmas, st.integers(16, 24), st.integers(16, 24))
@settings(deadline=None, max_examples=40)
def test_blur_equals_scipy(kernel_size: int, sigma: float, height: int, width: int) -> None:
    x = picture(height, width)
    expected = scipy_blur(x, kernel_size, sigma)
    torch.testing.assert_close(gaussian_blur(x, kernel_size, sigma), expected, rtol=1e-5, atol=1e-5)


def test_an_impulse_becomes_the_gaussian() -> None:
    x = torch.zeros(1, 21, 21, dtype=torch.float64)
    x[0, 10, 10] = 1
    d = torch.arange(-4, 5, dtype=torch.float64)
    weights = torch.exp(-(d[:, None] ** 2 + d**2) / (2 * 2.0**2))
    torch.testing.assert_close(gaussian_blur(x, 9, 2.0)[0, 6:15, 6:15], weights / weights.sum())


@given(odd, sigmas)
@settings(deadline=None, max_examples=20)
def test_low_and_high_add_up_to_the_image(kernel_size: int, sigma: float) -> None:
    x = picture(16, 16)
    torch.testing.assert_close(
        gaussian_blur(x, kernel_size, sigma) + high_pass(x, kernel_size, sigma), x
    )


def test_grey_and_colour_add_up_to_the_image() -> None:
    x = picture(8, 8)
    torch.testing.assert_close(grey(x) + colour(x), x)
    torch.testing.assert_close(grey(colour(x)), torch.zeros_like(x), atol=1e-6, rtol=0)


@pytest.mark.parametrize(("kernel_size", "sigma"), [(4, 1), (33, 1), (0, 1), (-1, 1), (5, 0)])
def test_impossible_kernels(kernel_size: int, sigma: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        gaussian_blur(picture(16, 16), kernel_size, sigma)

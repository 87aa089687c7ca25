"""PSNR and SSIM are of the pictures as shown."""

from __future__ import annotations

import math

import pytest
import torch

from fwd_report.diffusion.metrics import closeness


def test_psnr_is_its_formula_in_any_range() -> None:
    x0 = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0)) * 0.8
    expected = 10 * math.log10(1 / 0.1**2)
    assert closeness(x0 + 0.1, x0, (0, 1))["psnr"] == pytest.approx(expected, abs=1e-3)
    stretched = closeness(2 * (x0 + 0.1) - 1, 2 * x0 - 1, (-1, 1))
    assert stretched["psnr"] == pytest.approx(expected, abs=1e-3)
    assert stretched["ssim"] == pytest.approx(closeness(x0 + 0.1, x0, (0, 1))["ssim"], abs=1e-4)


def test_what_a_screen_cannot_show_is_clamped() -> None:
    x0 = torch.ones(3, 16, 16)
    measured = closeness(x0 * 50, x0, (-1, 1))
    assert measured["psnr"] == math.inf
    assert measured["ssim"] == pytest.approx(1)

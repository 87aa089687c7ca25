"""The one-step denoiser on real MNIST, beside the best that blurring can do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from fwd_report.diffusion.filters import gaussian_blur
from fwd_report.diffusion.noise import Noise
from fwd_report.techniques.context import RunContext
from fwd_report.techniques.train import Train
from fwd_report.training.catalogue import DATA_VARIABLE
from fwd_report.training.datasets import load_dataset

SIGMA = 0.5


def best_blur(images: torch.Tensor) -> tuple[float, float]:
    """(mean square error, σ in pixels) of the Gaussian blur that undoes noise of SIGMA best."""
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    noisy = images + SIGMA * noise
    blurs = [step / 20 for step in range(8, 41)]
    errors = [(gaussian_blur(noisy, 13, blur) - images).square().mean().item() for blur in blurs]
    return min(zip(errors, blurs, strict=True))


@pytest.mark.slow
@pytest.mark.skipif(
    not os.environ.get(DATA_VARIABLE), reason=f"{DATA_VARIABLE} names no folder with MNIST"
)
def test_the_denoiser_is_far_better_than_any_blur(tmp_path: Path) -> None:
    """D = 32, five epochs: about a quarter of an hour on two cores."""
    blurred, blur = best_blur(load_dataset("mnist").test_images)
    technique = Train(objective="denoiser", dataset="mnist", sigma=SIGMA, hidden=32, lr=1e-3)
    result = technique.job(
        RunContext(180, Noise(180), folder=tmp_path, progress=lambda *news: print(*news))
    )
    denoised = result.metrics["test_loss"]
    print(f"test MSE: denoiser {denoised:.5f}, best blur {blurred:.5f} (σ = {blur} pixels)")
    assert denoised < 0.015
    assert denoised < blurred / 2

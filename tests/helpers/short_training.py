"""A training of a tiny network for a few steps."""

from __future__ import annotations

from pathlib import Path

import torch

from fwd_report.training.datasets import load_dataset
from fwd_report.training.loop import Schedule, Task, train
from fwd_report.training.objectives import Denoiser
from fwd_report.training.unet import UNet


def short(epochs: int = 2, batch: int = 4, **options: object) -> Schedule:
    """Four steps an epoch."""
    return Schedule(epochs, batch, 1e-3, 0.5, seed=1, examples=4 * batch, **options)  # type: ignore[arg-type]


def run(folder: Path, schedule: Schedule) -> tuple[UNet, list[float]]:
    """A denoiser of four channels after that training on digits, and the loss of each step."""
    folder.mkdir(exist_ok=True)
    torch.manual_seed(0)
    network = UNet(4)
    images = load_dataset("digits").train_images[:100]
    return network, train(Task(network, Denoiser(0.5), images, None, schedule, folder))

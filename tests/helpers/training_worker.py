"""Trains a small network, in a process to be killed."""

from __future__ import annotations

import time
from pathlib import Path

import torch

from fwd_report.training import loop
from fwd_report.training.datasets import load_dataset
from fwd_report.training.loop import Schedule, Task, train
from fwd_report.training.objectives import ClassDropped, DDPMNoise
from fwd_report.training.unet import UNet

SCHEDULE = Schedule(epochs=3, batch=4, lr=4e-3, decay=0.5, seed=7, examples=40)


def main(folder: Path, steps: int | None = None) -> None:
    """Save the state every few steps rather than seconds, and tell of every step.

    steps: after so many it makes no more, and waits to be killed; None: it trains to the end.
    """
    torch.set_num_threads(1)
    loop.SAVE_EVERY, loop.NEWS_EVERY = 0.02, 0.0
    made = 0
    dataset = load_dataset("digits")
    torch.manual_seed(0)
    task = Task(
        UNet(4, "class"),
        ClassDropped(DDPMNoise(300), 0.1),
        dataset.train_images,
        dataset.train_labels,
        SCHEDULE,
        folder,
    )

    def tell(done: int, total: int, message: str) -> None:
        nonlocal made
        made += 1
        print(done, flush=True)
        time.sleep(0.01)  # a state is saved every second step, or every one
        if made == steps:
            time.sleep(60)

    train(task, tell)

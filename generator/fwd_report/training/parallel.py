"""Training on every GPU there is: one process for each, joined by accelerate."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.multiprocessing
from safetensors.torch import load_file
from torch import Tensor, nn

from fwd_report.training.loop import Progress, Schedule, train
from fwd_report.training.objectives import Objective
from fwd_report.training.state import load_losses, weights_file

POLL = 0.2
"""Seconds between looks at what the processes have to tell."""


def train_on(
    network: nn.Module,
    objective: Objective,
    images: Tensor,
    labels: Tensor | None,
    schedule: Schedule,
    folder: Path,
    device: str,
    progress: Progress,
) -> list[float]:
    """As `train`, on the device; "cuda" without a number is all GPUs, if there are several."""
    arguments = (network, objective, images, labels, schedule, folder, device)
    count = torch.cuda.device_count() if device == "cuda" else 1
    if count > 1:
        return in_processes(count, progress, *arguments)
    return train(*arguments, progress)


def in_processes(
    count: int,
    progress: Progress,
    network: nn.Module,
    objective: Objective,
    images: Tensor,
    labels: Tensor | None,
    schedule: Schedule,
    folder: Path,
    device: str,
) -> list[float]:
    """Train in `count` processes, each on its share of every batch; gradients are averaged.

    BatchNorm sees a process's share alone. Raises ProcessRaisedException if one of them fails.
    """
    news = torch.multiprocessing.get_context("spawn").SimpleQueue()
    share = partial(train, network, objective, images, labels, schedule, folder, device)
    group = torch.multiprocessing.spawn(
        _work, (count, _free_port(), news.put, share), nprocs=count, join=False
    )
    done = False
    while not done:
        done = group.join(timeout=POLL)
        while not news.empty():
            progress(*news.get())
    network.load_state_dict(load_file(folder / weights_file(schedule.epochs)))
    network.eval()
    return load_losses(folder)


def _work(
    rank: int, count: int, port: int, tell: Callable[[Any], None], share: Callable[..., Any]
) -> None:
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    share(progress=lambda *news: tell(news) if rank == 0 else None)
    torch.distributed.destroy_process_group()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])

"""Training on all GPUs: one process for each, joined by accelerate."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.multiprocessing
from safetensors.torch import load_file

from fwd_report.plugins.importing import Travelling
from fwd_report.precision import in_tf32, rounding
from fwd_report.sources import AT_START, Stamp, require_untouched
from fwd_report.training.loop import Progress, Task, train
from fwd_report.training.state import load_losses, weights_file

POLL = 0.2
"""Seconds between polls of the processes' messages."""


def train_on(task: Task, progress: Progress) -> list[float]:
    """As `train`, on the task's device; "cuda" without a number means all GPUs."""
    count = torch.cuda.device_count() if task.device == "cuda" else 1
    return in_processes(count, task, progress) if count > 1 else train(task, progress)


def in_processes(count: int, task: Task, progress: Progress) -> list[float]:
    """Train in `count` processes, each on its share of every batch; gradients are averaged.

    BatchNorm sees only a process's share, and shares have equal weight, even in a last batch that
    cannot be divided evenly. Raises ProcessRaisedException if a process fails, or has imported
    other code than this one.
    """
    news = torch.multiprocessing.get_context("spawn").SimpleQueue()
    group = torch.multiprocessing.spawn(  # type: ignore[attr-defined, no-untyped-call]
        _work,
        (count, _free_port(), news.put, Travelling(), task, AT_START, in_tf32()),
        nprocs=count,
        join=False,
    )
    done = False
    while not done:
        done = group.join(timeout=POLL)
        while not news.empty():
            progress(*news.get())
    weights = load_file(task.folder / weights_file(task.schedule.epochs))
    task.network.load_state_dict(weights)
    task.network.eval()
    return load_losses(task.folder)


def _work(
    rank: int,
    count: int,
    port: int,
    tell: Callable[[Any], None],
    plugins: Travelling,
    task: Task,
    began: Mapping[str, Stamp | None],
    tf32: bool = False,
) -> None:
    require_untouched(began)
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    with rounding(tf32):
        train(task, lambda *news: tell(news) if rank == 0 else None)
    torch.distributed.destroy_process_group()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])

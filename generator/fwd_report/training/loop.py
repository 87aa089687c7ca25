"""The training loop: deterministic, resumable, the data on the device."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import patch_environment
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from fwd_report.training.objectives import Objective
from fwd_report.training.state import (
    Done,
    load_state,
    save_state,
    save_weights,
    weights_file,
)

Precision = Literal["auto", "fp32", "bf16"]
Progress = Callable[[int, int, str], None]
SAVE_EVERY = 20.0
"""Seconds after which the state is saved within an epoch."""
NEWS_EVERY = 0.5
"""Seconds between progress reports; reading the loss makes the device wait."""

TEST_BATCH = 250
BF16 = "bfloat16 and float32 (mixed)"


@dataclass(frozen=True)
class Schedule:
    """How a network is trained; a technique's defaults are the course's.

    lr: Adam's, multiplied by `decay` after each epoch (ExponentialLR). examples: images per epoch
    from the training split; None: all. precision "auto": bf16 if the device supports it, else fp32.
    compile: with torch.compile.
    """

    epochs: int
    batch: int
    lr: float
    decay: float
    seed: int
    examples: int | None = None
    precision: Precision = "auto"
    compile: bool = False

    def steps_per_epoch(self, size: int) -> int:
        """Optimizer steps in one epoch over a training split of `size` images."""
        return -(-min(size, self.examples or size) // self.batch)


@dataclass(frozen=True, eq=False)
class Task:
    """What is trained, on what, with which schedule, where.

    network: trained in place, to answer the objective's questions about images, (N, 1, H, W) in [0,
    1], and labels, (N,), or None for a network without labels. folder: gets the weights after every
    epoch, and the state needed to resume. device: such as "cpu", "cuda" or "cuda:1". criterion: of
    the answer and the target, a mean.
    """

    network: nn.Module
    objective: Objective
    images: Tensor
    labels: Tensor | None
    schedule: Schedule
    folder: Path
    device: str = "cpu"
    criterion: Callable[[Tensor, Tensor], Tensor] = mse_loss


def train(task: Task, progress: Progress = lambda done, total, message: None) -> list[float]:
    """Train the task's network; return the loss of every step.

    Resumes from what an interrupted call left in the folder. The order of the images depends on
    (seed, epoch) and the noise of a step on (seed, step), so an interrupted training ends with the
    weights of an uninterrupted one. In a process of a distributed group, trains on its share of
    every batch.
    """
    network, schedule, folder = task.network, task.schedule, task.folder
    accelerator = accelerator_on(task.device)
    device = str(accelerator.device)
    bf16 = computed_in(device, schedule.precision) == BF16
    images = task.images.to(device)
    labels = None if task.labels is None else task.labels.to(device)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.Adam(network.parameters(), schedule.lr, fused=True)
    per_epoch = schedule.steps_per_epoch(len(images))
    total = per_epoch * schedule.epochs
    losses = torch.zeros(total, device=device)
    step, kept = 0, dict[str, str]()
    if (saved := load_state(folder, network, optimizer)) is not None:
        step, kept = saved.step, dict(saved.epochs)
        losses[:step] = saved.losses.to(device)
    forward, stepper = accelerator.prepare(
        torch.compile(network) if schedule.compile else network, optimizer
    )
    forward.train()
    news = _News(progress, total, schedule.batch, step)
    saved_at = time.monotonic()
    while step < total:
        epoch, position = divmod(step, per_epoch)
        for group in optimizer.param_groups:
            group["lr"] = schedule.lr * schedule.decay**epoch
        order = _order(len(images), schedule, epoch).to(device)
        for chosen in order.split(schedule.batch)[position:]:
            batch = task.objective.draw(
                images[chosen],
                None if labels is None else labels[chosen],
                torch.Generator(device).manual_seed(_mixed(schedule.seed, step)),
            ).part(accelerator.process_index, accelerator.num_processes)
            with torch.autocast(accelerator.device.type, torch.bfloat16, enabled=bf16):
                answer = forward(*batch.question)
            loss = task.criterion(answer.float(), batch.target)
            stepper.zero_grad()
            accelerator.backward(loss)
            stepper.step()
            losses[step] = accelerator.reduce(loss.detach(), "mean")
            step += 1
            news.tell(step, losses)
            due = time.monotonic() - saved_at > SAVE_EVERY and step % per_epoch != 0
            if due and accelerator.is_main_process:
                save_state(folder, network, optimizer, Done(step, losses[:step], kept))
                saved_at = time.monotonic()
        if accelerator.is_main_process:
            weights = weights_file(epoch + 1)
            kept[weights] = save_weights(folder / weights, network)
            save_state(folder, network, optimizer, Done(step, losses[:step], kept))
            saved_at = time.monotonic()
    accelerator.wait_for_everyone()
    network.eval()
    return losses.tolist()


@torch.inference_mode()
def test_loss(
    network: nn.Module, objective: Objective, images: Tensor, labels: Tensor | None, seed: int
) -> float:
    """The mean square error over questions drawn from `images`, (N, 1, H, W) in [0, 1].

    labels: (N,), or None for a network without labels; seed: of the noise and times drawn.
    """
    device = next(network.parameters()).device
    network.eval()
    total = 0.0
    for start in range(0, len(images), TEST_BATCH):
        part = slice(start, start + TEST_BATCH)
        batch = objective.draw(
            images[part].to(device),
            None if labels is None else labels[part].to(device),
            torch.Generator(device).manual_seed(_mixed(seed, start)),
        )
        answer = network(*batch.question)
        total += mse_loss(answer, batch.target, reduction="sum").item()
    return total / images.numel()


def computes_in_bf16(device: str) -> bool:
    """Whether the device computes in bf16 natively, rather than by emulation."""
    if torch.device(device).type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)  # type: ignore[no-any-return]
    if torch.device(device).type == "cpu":
        return torch.cpu._is_avx512_bf16_supported()
    return False


def computed_in(device: str, precision: Precision) -> str:
    """The precision of a training on that device, in words."""
    bf16 = computes_in_bf16(device) if precision == "auto" else precision == "bf16"
    return BF16 if bf16 else "float32"


def accelerator_on(device: str) -> Accelerator:
    """The accelerator for a training on that device; "cuda" is the process's own GPU in a group."""
    # accelerate keeps one state a process; two trainings may differ in device.
    AcceleratorState._reset_state(reset_partial_state=True)
    numbered = torch.device(device).index is not None
    with patch_environment(**({"ACCELERATE_TORCH_DEVICE": device} if numbered else {})):
        return Accelerator(cpu=torch.device(device).type == "cpu", mixed_precision="no")


def _order(size: int, schedule: Schedule, epoch: int) -> Tensor:
    """The images of an epoch, in order: a permutation that depends only on seed and epoch."""
    generator = torch.Generator().manual_seed(_mixed(schedule.seed, epoch))
    return torch.randperm(size, generator=generator)[: schedule.examples]


def _mixed(seed: int, count: int) -> int:
    """A seed for each (seed, count)."""
    return (seed * 1_000_003 + count) % 2**63


class _News:
    """Reports the training's progress, at most once every NEWS_EVERY seconds."""

    def __init__(self, progress: Progress, total: int, batch: int, step: int) -> None:
        self._progress = progress
        self._total = total
        self._batch = batch
        self._step = step
        self._time = time.monotonic()

    def tell(self, step: int, losses: Tensor) -> None:
        elapsed = time.monotonic() - self._time
        if elapsed < NEWS_EVERY and step < self._total:
            return
        rate = (step - self._step) * self._batch / max(elapsed, 1e-9)
        self._progress(
            step, self._total, f"loss {losses[step - 1].item():.4f}, {rate:.0f} images/s"
        )
        self._step, self._time = step, time.monotonic()

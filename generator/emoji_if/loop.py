"""What every training here shares: a wall-clock budget, checkpoints, an average of the weights."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from emoji_if.drawings import DataError
from emoji_if.muon import optimisers
from fwd_report.training.loop import computes_in_bf16

Loss = Callable[[nn.Module], tuple[Tensor, dict[str, float]]]
"""Draws a micro-batch and returns the module's loss on it, and what to report."""


@dataclass(frozen=True)
class Settings:
    """What every training is told: a wall-clock budget, pictures a step, who shares the step.

    workers: threads, each taking an equal part of the batch, rounded up; 1 on a GPU. resume: go on
    from the checkpoint, its time counted. rate: factor of the learning rates, below 1 for weights
    that have learnt already.
    """

    minutes: float
    batch: int
    workers: int
    resume: bool
    device: torch.device
    rate: float = 1.0

    @property
    def share(self) -> int:
        """A worker's pictures of each step."""
        return -(-self.batch // self.workers)

    def autocast(self) -> torch.autocast:
        """bfloat16 where the device computes in it: emulated, it is ten times slower."""
        native = computes_in_bf16(str(self.device))
        return torch.autocast(self.device.type, torch.bfloat16, enabled=native)


class Budget:
    """A wall-clock allowance that survives interruption: `spent` seconds of `minutes` are used."""

    def __init__(self, minutes: float, spent: float = 0.0) -> None:
        self.seconds = minutes * 60
        self._before = spent
        self._start = time.monotonic()

    @property
    def spent(self) -> float:
        return self._before + time.monotonic() - self._start

    @property
    def fraction(self) -> float:
        return self.spent / self.seconds


def learning_rate(step: int, fraction: float, peak: float, warm_up: int = 30) -> float:
    """Linear over the first steps, then a cosine over the budget, down to a hundredth of peak."""
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, fraction)))
    return peak * min(1.0, (step + 1) / warm_up) * (0.01 + 0.99 * cosine)


class Average:
    """Exponential moving average of a module's weights.

    The n-th update decays by min(decay, (1 + n) / (10 + n)), so that the start is soon forgotten.
    """

    def __init__(self, module: nn.Module, decay: float = 0.999) -> None:
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        self.decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        average = list(self.module.parameters())
        torch._foreach_lerp_(average, [p.detach() for p in module.parameters()], 1 - decay)


def restore(module: nn.Module, weights: dict[str, Tensor], checkpoint: Path) -> None:
    """Load weights into a module. Raises DataError if they are another network's."""
    try:
        module.load_state_dict(weights)
    except RuntimeError:
        raise DataError(
            f"{checkpoint} is of another network: train again without --resume"
        ) from None


def save_atomically(state: dict, path: Path) -> None:
    """Write a checkpoint so that an interruption leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    torch.save(state, beside)
    beside.replace(path)


class Workers:
    """Gradients of one step, computed in parallel by threads that share the weights.

    On a CPU several single-threaded workers beat one worker with as many threads: none waits
    inside an operation for a core that another program holds. Run Python with OMP_NUM_THREADS=1
    then.
    """

    def __init__(self, module: nn.Module, loss_of: Loss, workers: int) -> None:
        self.module, self.loss_of = module, loss_of
        self.replicas = [module] + [_sharing_weights(module) for _ in range(workers - 1)]
        self.executor = ThreadPoolExecutor(workers)

    def gradients(self) -> dict[str, float]:
        """Leave the mean gradient of every worker's share in the module; return mean losses."""
        losses = list(self.executor.map(self._work, self.replicas))
        for replica in self.replicas[1:]:
            for own, other in zip(self.module.parameters(), replica.parameters(), strict=True):
                if other.grad is not None:
                    own.grad = other.grad if own.grad is None else own.grad.add_(other.grad)
                    other.grad = None
        return {name: sum(p[name] for p in losses) / len(losses) for name in losses[0]}

    def _work(self, replica: nn.Module) -> dict[str, float]:
        loss, parts = self.loss_of(replica)
        (loss / len(self.replicas)).backward()
        return parts


def _sharing_weights(module: nn.Module) -> nn.Module:
    """A copy whose parameters are the module's own memory, with gradients of its own."""
    replica = copy.deepcopy(module)
    for own, other in zip(module.parameters(), replica.parameters(), strict=True):
        other.data = own.data
    return replica


def optimise(
    module: nn.Module,
    loss_of: Loss,
    checkpoint: Path,
    settings: Settings,
    *,
    describe: str,
    peak: float,
    muon_peak: float = 0.015,
    every: float = 300.0,
    on_checkpoint: Callable[[nn.Module], None] | None = None,
) -> nn.Module:
    """Minimise `loss_of` over the module's weights until the budget ends; return the average.

    peak and muon_peak: the largest learning rates of AdamW and Muon. A checkpoint is written every
    `every` seconds and at the end. on_checkpoint receives the averaged module each time.
    """
    average = Average(module)
    rates = (settings.rate * peak, settings.rate * muon_peak)
    pair = optimisers(module, *rates, threads=settings.workers)
    peaks = [optimiser.defaults["lr"] for optimiser in pair]
    step, budget = 0, Budget(settings.minutes)
    if settings.resume and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True, map_location=settings.device)
        restore(module, state["module"], checkpoint)
        restore(average.module, state["average"], checkpoint)
        for optimiser, saved in zip(pair, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        step, average.updates = state["step"], state["updates"]
        budget = Budget(settings.minutes, state["spent"])
    team = Workers(module, loss_of, settings.workers)
    written = reported = budget.spent
    sums: dict[str, float] = {}
    count = 0
    while True:
        finished = budget.fraction >= 1
        if finished or budget.spent - written > every:
            written = budget.spent
            state = {
                "module": module.state_dict(),
                "average": average.module.state_dict(),
                "optimisers": [optimiser.state_dict() for optimiser in pair],
                "step": step,
                "updates": average.updates,
                "spent": budget.spent,
            }
            save_atomically(state, checkpoint)
            if on_checkpoint is not None:
                on_checkpoint(average.module)
        if finished:
            return average.module
        for optimiser, highest in zip(pair, peaks, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(step, budget.fraction, highest)
        parts = team.gradients()
        nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        for optimiser in pair:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        average.update(module)
        step, count = step + 1, count + 1
        for name, value in parts.items():
            sums[name] = sums.get(name, 0.0) + value
        if budget.spent - reported > 20:
            reported = budget.spent
            means = "  ".join(f"{name} {total / count:.4f}" for name, total in sums.items())
            print(f"{describe} step {step}  {budget.spent / 60:.1f} min  {means}", flush=True)
            sums, count = {}, 0

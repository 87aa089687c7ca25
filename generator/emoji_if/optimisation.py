"""What every training here shares: a wall-clock budget, a schedule, workers, checkpoints."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from emoji_if.averages import LENGTHS, PowerAverage
from emoji_if.checkpoint import halved, load, restore, save
from emoji_if.gradients import Loss, Losses, WorkerError, Workers
from emoji_if.muon import optimisers
from fwd_report.training.loop import computes_in_bf16

Module = TypeVar("Module", bound=nn.Module)
Drawn = TypeVar("Drawn")


class Schedule(StrEnum):
    """How the learning rate goes after its warm-up.

    cosine: down to a hundredth over the budget. constant: as it is, for a training whose length
    is not known. cooldown: straight down to nothing over the budget.
    """

    cosine = "cosine"
    constant = "constant"
    cooldown = "cooldown"

    def rate(self, step: int, fraction: float, warm_up: int = 50) -> float:
        """Part of the peak at a step, `fraction` of the budget spent."""
        left = 1 - min(1.0, fraction)
        part = {
            Schedule.cosine: 0.01 + 0.99 * 0.5 * (1 - math.cos(math.pi * left)),
            Schedule.constant: 1.0,
            Schedule.cooldown: left,
        }[self]
        return part * min(1.0, (step + 1) / warm_up)


def idle_processors() -> int:
    """Processors that may compose pictures beside a GPU: all but one."""
    return max(1, (os.cpu_count() or 1) - 1)


@dataclass(frozen=True)
class Settings:
    """What every training is told: a wall-clock budget, pictures a step, who shares the step.

    workers: processes, each taking an equal part of the batch, rounded up. resume: go on
    from the checkpoint, its time counted. rate: factor of the learning rates, below 1 for weights
    that have learnt already. mirror: a second folder for the averaged weights in half precision.

    Raises WorkerError for several workers on a GPU: their weights are in the CPU's memory.
    """

    minutes: float
    batch: int
    workers: int
    resume: bool
    device: torch.device
    rate: float = 1.0
    schedule: Schedule = Schedule.cosine
    mirror: Path | None = None

    def __post_init__(self) -> None:
        if self.workers > 1 and not self.on_cpu:
            raise WorkerError(f"{self.device} takes all of a step at once: say --workers 1")

    @property
    def share(self) -> int:
        """A worker's pictures of each step."""
        return -(-self.batch // self.workers)

    @property
    def bf16(self) -> bool:
        """Whether to compute in bfloat16: emulated, it is ten times slower."""
        return computes_in_bf16(str(self.device))

    @property
    def on_cpu(self) -> bool:
        return self.device.type == "cpu"

    @property
    def composers(self) -> int:
        """Processes that compose pictures: all but one beside a GPU, where the CPU is idle."""
        return 1 if self.on_cpu else idle_processors()

    @property
    def stride(self) -> int:
        """Pictures between two sheets of what is drawn: what a training takes in some minutes."""
        return 20_000 if self.on_cpu else 500_000

    @property
    def compiles(self) -> bool:
        """Whether compiling pays: where products are fast, what lies between them takes longer."""
        return self.bf16 or self.device.type == "cuda"

    def autocast(self) -> torch.autocast:
        """bfloat16 where the device computes in it."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16)


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


class Training(Generic[Module]):
    """A module with its optimisers and averages, and how far it has come."""

    def __init__(self, module: Module, settings: Settings, peak: float, muon_peak: float) -> None:
        """Peak and muon_peak: the largest learning rates of AdamW and Muon."""
        self.module, self.settings = module, settings
        self.averages = [PowerAverage(module, length) for length in LENGTHS]
        rates = (settings.rate * peak, settings.rate * muon_peak)
        self.pair = optimisers(module, *rates, threads=settings.workers)
        self.peaks = [optimiser.defaults["lr"] for optimiser in self.pair]
        self.step = self.pictures = self.since = 0
        self.budget = Budget(settings.minutes)

    @property
    def average(self) -> Module:
        """The module with the shorter average of its weights."""
        return self.averages[0].module

    def resume(self, checkpoint: Path) -> bool:
        """Go on where the checkpoint stands, else where the mirror does; False if neither is there.

        The mirror has averages only: the optimisers start anew, and so warm up again.
        """
        state = load(checkpoint, self.settings.device)
        if state is None and self.settings.mirror is not None:
            state = load(self.settings.mirror / checkpoint.name, self.settings.device)
        if state is None:
            return False
        averages = state["averages"]
        restore(self.module, state.get("module", averages[0]), checkpoint)
        for average, weights in zip(self.averages, averages, strict=True):
            restore(average.module, weights, checkpoint)
        self.step, self.pictures = state["step"], state["pictures"]
        if "optimisers" in state:
            self.since = self.step
            for optimiser, saved in zip(self.pair, state["optimisers"], strict=True):
                optimiser.load_state_dict(saved)
        self.budget = Budget(self.settings.minutes, state["spent"])
        return True

    def save(self, checkpoint: Path) -> None:
        """Write the checkpoint, and the mirror's copy of what cannot be computed anew."""
        counters = {"step": self.step, "pictures": self.pictures, "spent": self.budget.spent}
        state = {
            "module": self.module.state_dict(),
            "averages": [average.module.state_dict() for average in self.averages],
            "optimisers": [optimiser.state_dict() for optimiser in self.pair],
        }
        save({**state, **counters}, checkpoint)
        if self.settings.mirror is not None:
            halves = [halved(average.module) for average in self.averages]
            save({"averages": halves, **counters}, self.settings.mirror / checkpoint.name)

    def snapshot(self, folder: Path) -> None:
        """Keep both averages in half precision, for `averages.post_hoc`."""
        halves = [halved(average.module) for average in self.averages]
        save({"step": self.step, "averages": halves}, folder / f"{self.step:07d}.pt")

    def advance(self, team: Workers[Module, Any]) -> Losses:
        """One step; the mean losses. The warm-up is repeated where optimisers start anew.

        A step whose gradient is not finite is left out: one of them would end a long training.
        """
        part = self.settings.schedule.rate(self.since, self.budget.fraction)
        for optimiser, highest in zip(self.pair, self.peaks, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = part * highest
        losses = team.gradients()
        finite = bool(nn.utils.clip_grad_norm_(self.module.parameters(), 1.0).isfinite())
        for optimiser in self.pair:
            if finite:
                optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self.step, self.since = self.step + 1, self.since + 1
        self.pictures += self.settings.share * self.settings.workers
        for average in self.averages:
            average.update(self.module, self.step)
        return losses


def optimise(
    training: Training[Module],
    draw: Callable[[], Drawn],
    loss_of: Loss[Module, Drawn],
    checkpoint: Path,
    *,
    describe: str,
    every: float = 300.0,
    measure: Callable[[Module], str] | None = None,
    show: Callable[[Module, str], None] | None = None,
    inner: Callable[[Module], nn.Module] | None = None,
) -> Module:
    """Minimise `loss_of` what is drawn until the budget ends; return the average of the weights.

    draw and loss_of: as `Workers` says. inner: the part of the module to compile where that pays.

    A checkpoint is written every `every` seconds or five times, whichever is oftener, and at the
    end. Every `Settings.stride` pictures, and at the end, the averages are kept and `show` receives
    the averaged module and a name for what it makes; ten times as often `measure` says something of
    it for the log. Both count pictures, for on a busy machine an hour may hold few.
    """
    budget = training.budget
    written = reported = budget.spent
    settings, stride = training.settings, training.settings.stride
    measured, shown = training.pictures, training.pictures // stride
    sums: dict[str, Tensor] = {}
    count = 0
    every = min(every, budget.seconds / 5)
    torch.backends.cudnn.benchmark = True  # every step's shapes are the same
    prepare = (lambda module: inner(module).compile()) if inner and settings.compiles else None
    team = Workers(training.module, draw, loss_of, settings.workers, prepare)
    with closing(team):
        while True:
            finished = budget.fraction >= 1
            if finished or budget.spent - written > every:
                training.save(checkpoint)
                written = budget.spent
            if measure is not None and (finished or training.pictures - measured >= stride / 10):
                measured = training.pictures
                print(f"{describe} step {training.step}  {measure(training.average)}", flush=True)
            if show is not None and (finished or training.pictures // stride > shown):
                shown = training.pictures // stride
                training.snapshot(checkpoint.with_name(f"{checkpoint.stem}-snapshots"))
                show(training.average, f"{training.pictures:08d}")
            if finished:
                return training.average
            for name, value in training.advance(team).items():
                sums[name] = sums[name] + value if name in sums else value
            count += 1
            if budget.spent - reported > 60:
                reported = budget.spent
                means = "  ".join(f"{name} {total / count:.4f}" for name, total in sums.items())
                print(
                    f"{describe} step {training.step}  {training.pictures} pictures  "
                    f"{budget.spent / 60:.1f} min  {means}",
                    flush=True,
                )
                sums, count = {}, 0

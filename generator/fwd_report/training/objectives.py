"""What a network is trained to predict: a question drawn from clean images, and its target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from fwd_report.diffusion.additive import AdditiveNoise
from fwd_report.diffusion.ddpm import DDPM
from fwd_report.diffusion.flow import Flow
from fwd_report.diffusion.process import Process
from fwd_report.errors import UserError
from fwd_report.outside import outside_keys
from fwd_report.plugins.offers import in_use
from fwd_report.training.unet import NO_CLASS


@dataclass(frozen=True, eq=False)
class Batch:
    """Questions with their targets.

    x: (B, 1, H, W). t: (B,) in [0, 1], or None. label: (B,) integers, or None. target: what the
    network should predict, (B, 1, H, W), or a classifier's (B,) labels.
    """

    x: Tensor
    t: Tensor | None
    label: Tensor | None
    target: Tensor

    @property
    def question(self) -> tuple[Tensor, ...]:
        """The network's inputs: x, and t and label if there are any."""
        return tuple(value for value in (self.x, self.t, self.label) if value is not None)

    def part(self, rank: int, count: int) -> Batch:
        """The share of one of `count` processes; if there are fewer questions, one is repeated."""
        start = rank % len(self.target)
        taken = (None if value is None else value[start::count] for value in vars(self).values())
        return Batch(*taken)  # type: ignore[arg-type]


def process_of(params: Mapping[str, Any]) -> Process:
    """The process that the fields of a training name."""
    if params["objective"] == "denoiser":
        return AdditiveNoise(params["sigma"])
    if params["objective"] == "flow":
        return Flow()
    if params["objective"] == "ddpm":
        return DDPM.linear(params["timesteps"])
    return in_use().load("processes", params["objective"])(params)  # type: ignore[no-any-return]


def objective_of(params: Mapping[str, Any]) -> Objective:
    """The objective that the fields of a training name, with class dropout if the network takes
    labels.

    A process from a plug-in is its own objective: it has `draw`.
    """
    objectives: dict[str, Objective] = {
        "denoiser": Denoiser(params["sigma"], params["pure_noise"]),
        "ddpm": DDPMNoise(params["timesteps"]),
        "flow": FlowVelocity(),
    }
    objective = objectives.get(params["objective"]) or _trainable(params)
    if params["conditioning"] == "class":
        return ClassDropped(objective, params["p_uncond"])
    return objective


def _trainable(params: Mapping[str, Any]) -> Objective:
    process: Any = process_of(params)
    _require_trainable(params["objective"], process)
    return process  # type: ignore[no-any-return]


@outside_keys
def _require_trainable(name: str, process: object) -> None:
    lacking = [
        word
        for word in ("timesteps", "forward", "clean", "step", "draw")
        if not callable(getattr(process, word, None))
    ]
    if lacking:
        raise UserError(f"the process '{name}' cannot be trained: it has no {lacking[0]}")


class Objective(Protocol):
    """Draws questions from clean images."""

    def draw(self, x0: Tensor, label: Tensor | None, generator: torch.Generator) -> Batch:
        """A batch of questions about x0, (B, 1, H, W) in [0, 1]; generator: of x0's device."""


@dataclass(frozen=True)
class Denoiser:
    """Predict x from z = x + σε, ε ~ N(0, I): the one-step denoiser.

    pure_noise: z = σε holds nothing of x, so that the best answer is the mean of the images.
    """

    sigma: float
    pure_noise: bool = False

    def draw(self, x0: Tensor, label: Tensor | None, generator: torch.Generator) -> Batch:
        noise = self.sigma * torch.randn(x0.shape, generator=generator, device=x0.device)
        return Batch(noise if self.pure_noise else x0 + noise, None, None, x0)


@dataclass(frozen=True)
class DDPMNoise:
    """Predict ε from x_t = √ᾱ_t x_0 + √(1-ᾱ_t) ε, t uniform in 1 … T (Ho et al. 2020, Algorithm 1).

    β_t is linear from 1e-4 to .02. The network is given t / T.
    """

    timesteps: int

    def draw(self, x0: Tensor, label: Tensor | None, generator: torch.Generator) -> Batch:
        T = self.timesteps
        t = torch.randint(1, T + 1, (len(x0),), generator=generator, device=x0.device)
        eps = torch.randn(x0.shape, generator=generator, device=x0.device)
        abar = DDPM.linear(T).alpha_bar.to(x0)[t - 1].view(-1, 1, 1, 1)
        return Batch(abar.sqrt() * x0 + (1 - abar).sqrt() * eps, t / T, label, eps)


@dataclass(frozen=True)
class FlowVelocity:
    """Predict v = x_1 - ε from x_t = (1-t) ε + t x_1, t uniform in [0, 1) (Lipman et al. 2023)."""

    def draw(self, x0: Tensor, label: Tensor | None, generator: torch.Generator) -> Batch:
        t = torch.rand(len(x0), generator=generator, device=x0.device)
        eps = torch.randn(x0.shape, generator=generator, device=x0.device)
        t_ = t.view(-1, 1, 1, 1)
        return Batch((1 - t_) * eps + t_ * x0, t, label, x0 - eps)


@dataclass(frozen=True)
class Classification:
    """Predict the label of x, shifted by up to `shift` pixels (each batch as a whole)."""

    shift: int = 2

    def draw(self, x0: Tensor, label: Tensor | None, generator: torch.Generator) -> Batch:
        if label is None:
            raise ValueError("a classifier needs labels")
        low, high = -self.shift, self.shift + 1
        dy, dx = torch.randint(low, high, (2,), generator=generator, device=x0.device).tolist()
        return Batch(x0.roll((dy, dx), dims=(-2, -1)), None, None, label)


@dataclass(frozen=True)
class ClassDropped:
    """An objective whose labels are dropped with probability p_uncond (Ho & Salimans 2022,
    Algorithm 1).
    """

    objective: Objective
    p_uncond: float

    def draw(self, x0: Tensor, label: Tensor | None, generator: torch.Generator) -> Batch:
        if label is None:
            raise ValueError("class-dropping needs labels")
        forgotten = torch.rand(len(x0), generator=generator, device=x0.device) < self.p_uncond
        return self.objective.draw(x0, label.masked_fill(forgotten, NO_CLASS), generator)

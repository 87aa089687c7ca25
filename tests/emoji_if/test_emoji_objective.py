"""The objective equals its references."""

from __future__ import annotations

import pytest
import torch
from diffusers import DDPMScheduler
from torch import Tensor

from emoji_if.objective import Emphasis, Objective

CPU = torch.device("cpu")


def velocity(objective: Objective, x0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
    """By its definition (Salimans & Ho 2022)."""
    abar = objective["abar"][t]
    return abar.sqrt() * noise - (1 - abar).sqrt() * x0


def test_noised_equals_the_scheduler() -> None:
    x0, noise = torch.randn(2, 4, 3, 8, 8)
    t = torch.tensor([0, 250, 690, 999])
    expected = DDPMScheduler(1000, beta_schedule="squaredcos_cap_v2").add_noise(x0, noise, t)
    torch.testing.assert_close(Objective(CPU, Emphasis.shape).noised(x0, t, noise), expected)


def test_a_perfect_answer_costs_nothing() -> None:
    objective = Objective(CPU, Emphasis.shape)
    x0, noise = torch.randn(2, 4, 3, 8, 8)
    t = torch.tensor([10, 250, 690, 980])
    v = velocity(objective, x0, t, noise)
    error, bound = objective.loss(x0, t, noise, v, -torch.ones_like(v))
    assert error.item() == pytest.approx(0, abs=1e-10)
    assert bound.item() == pytest.approx(0, abs=1e-5)


def test_without_a_cap_the_error_is_the_velocitys_own() -> None:
    x0, noise, wrong = torch.randn(3, 4, 3, 8, 8)
    t = torch.tensor([10, 250, 690, 980])
    objective = Objective(CPU, Emphasis.detail)
    v = velocity(objective, x0, t, noise)
    error, _ = objective.loss(x0, t, noise, v + wrong, torch.zeros_like(v))
    assert error.item() == pytest.approx(wrong.square().mean().item(), rel=1e-5)


def test_the_bound_trains_the_variance_only() -> None:
    objective = Objective(CPU, Emphasis.shape)
    x0, noise, v = torch.randn(3, 2, 3, 8, 8)
    v.requires_grad_()
    variance = torch.zeros_like(x0, requires_grad=True)
    _, bound = objective.loss(x0, torch.tensor([100, 800]), noise, v, variance)
    assert bound.item() > 0
    bound.backward()
    assert v.grad is None
    assert variance.grad is not None


def test_timesteps_are_spread_over_the_batch() -> None:
    t = Objective(CPU, Emphasis.detail).timesteps(10)
    assert (t // 100).tolist() == list(range(10))
    strong = Objective(CPU, Emphasis.shape).timesteps(4000).float().mean()
    assert strong > Objective(CPU, Emphasis.both).timesteps(4000).float().mean() > 500


def test_the_clean_picture_comes_back_from_its_velocity() -> None:
    objective = Objective(CPU, Emphasis.shape)
    x0, noise = torch.randn(2, 4, 3, 8, 8)
    t = torch.tensor([10, 250, 690, 980])
    v = velocity(objective, x0, t, noise)
    torch.testing.assert_close(objective.velocity(x0, t, noise), v)
    torch.testing.assert_close(objective.clean(objective.noised(x0, t, noise), t, v), x0)

"""The objective equals its references; the loop's workers equal one worker; training resumes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import DDPMScheduler
from torch import nn

from emoji_if.loop import Average, Budget, Settings, Workers, learning_rate, optimise
from emoji_if.objective import Emphasis, Objective
from emoji_if.stage_two import conditioning

CPU = torch.device("cpu")


def test_noised_equals_the_scheduler() -> None:
    x0, noise = torch.randn(2, 4, 3, 8, 8)
    t = torch.tensor([0, 250, 690, 999])
    expected = DDPMScheduler(1000, beta_schedule="squaredcos_cap_v2").add_noise(x0, noise, t)
    torch.testing.assert_close(Objective(CPU, Emphasis.shape).noised(x0, t, noise), expected)


def test_a_perfect_answer_costs_nothing() -> None:
    objective = Objective(CPU, Emphasis.shape)
    x0, noise = torch.randn(2, 4, 3, 8, 8)
    t = torch.tensor([10, 250, 690, 980])
    abar = objective["abar"][t]
    v = abar.sqrt() * noise - (1 - abar).sqrt() * x0
    error, bound = objective.loss(x0, t, noise, v, -torch.ones_like(v))
    assert error.item() == pytest.approx(0, abs=1e-10)
    assert bound.item() == pytest.approx(0, abs=1e-5)


def test_without_a_cap_the_error_is_the_velocitys_own() -> None:
    x0, noise, wrong = torch.randn(3, 4, 3, 8, 8)
    t = torch.tensor([10, 250, 690, 980])
    objective = Objective(CPU, Emphasis.detail)
    abar = objective["abar"][t]
    v = abar.sqrt() * noise - (1 - abar).sqrt() * x0
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


def test_several_workers_give_the_gradient_of_one() -> None:
    torch.manual_seed(0)
    module = nn.Linear(4, 1)
    batch = torch.randn(6, 5, 4)

    def gradient(workers: int) -> torch.Tensor:
        shares = list(batch.chunk(workers))

        def loss_of(replica: nn.Module) -> tuple[torch.Tensor, dict[str, float]]:
            loss = replica(shares.pop()).square().mean()
            return loss, {"loss": loss.item()}

        module.zero_grad(set_to_none=True)
        losses = Workers(module, loss_of, workers).gradients()
        assert losses["loss"] > 0
        return module.weight.grad.clone()

    torch.testing.assert_close(gradient(3), gradient(1))


def test_training_resumes_where_it_stopped(tmp_path: Path) -> None:
    checkpoint = tmp_path / "made" / "model.pt"

    def run(minutes: float, resume: bool) -> float:
        module = nn.Linear(2, 1)

        def loss_of(replica: nn.Module) -> tuple[torch.Tensor, dict[str, float]]:
            loss = (replica(torch.ones(1, 2)) - 3).square().mean()
            return loss, {"loss": loss.item()}

        optimise(
            module,
            loss_of,
            checkpoint,
            Settings(minutes, batch=1, workers=1, resume=resume, device=CPU),
            describe="test",
            peak=0.01,
        )
        return torch.load(checkpoint, weights_only=True)["step"]

    first = run(0.01, resume=False)
    assert run(0.02, resume=True) > first


def test_learning_rate_warms_up_then_follows_the_budget() -> None:
    assert learning_rate(0, 0.0, 1.0) < 0.05
    assert learning_rate(1000, 0.0, 1.0) == pytest.approx(1)
    assert learning_rate(1000, 0.5, 1.0) == pytest.approx(0.505)
    assert learning_rate(1000, 1.2, 1.0) == pytest.approx(0.01)


def test_the_average_forgets_its_start() -> None:
    module = nn.Linear(1, 1)
    average = Average(module)
    nn.init.constant_(module.weight, 5.0)
    for _ in range(50):
        average.update(module)
    assert average.module.weight.item() == pytest.approx(5, abs=0.1)


def test_a_budget_counts_what_was_spent_before() -> None:
    assert Budget(1, spent=30).fraction == pytest.approx(0.5, abs=0.01)


def test_conditioning_is_what_the_pipeline_shows() -> None:
    flat = torch.full((1, 3, 32, 32), 0.3)
    torch.testing.assert_close(conditioning(flat), flat)
    image = torch.randn(1, 3, 32, 32)
    corner = image[..., :4, :4].mean((2, 3))
    torch.testing.assert_close(conditioning(image)[..., 0, 0], corner)

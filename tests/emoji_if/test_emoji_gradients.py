"""Workers give the gradient of one, see every step's weights, and end with the training."""

from __future__ import annotations

import os
import signal
from contextlib import closing

import pytest
import torch
from torch import nn

from emoji_if.gradients import Losses, WorkerError, Workers


def squared(model: nn.Module, share: torch.Tensor) -> tuple[torch.Tensor, Losses]:
    loss = model(share).square().mean()
    return loss, {"loss": loss.detach()}


def linear() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(4, 1)


def trained(workers: int, steps: int = 3) -> tuple[torch.Tensor, list[float]]:
    """The weights after a few steps on the same data, and every step's loss."""
    model, data = linear(), torch.randn(6 * steps, 5, 4, generator=torch.Generator().manual_seed(1))
    shares = list(data.view(steps * workers, -1, 4))
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    with closing(Workers(model, shares.pop, squared, workers)) as team:
        for _ in range(steps):
            losses.append(team.gradients()["loss"].item())
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
    return model.weight.detach().clone(), losses


@pytest.mark.parametrize("workers", [2, 3])
def test_several_workers_train_like_one(workers: int) -> None:
    weight, losses = trained(workers)
    expected, expected_losses = trained(1)
    torch.testing.assert_close(weight, expected)
    assert losses == pytest.approx(expected_losses, rel=1e-5)


def process(model: nn.Module, share: torch.Tensor) -> tuple[torch.Tensor, Losses]:
    own = {"process": torch.tensor(float(os.getpid())), "drawn": torch.rand(())}
    return model(share).sum(), own


def test_every_worker_is_a_process_with_noise_of_its_own_that_ends() -> None:
    reported: list[Losses] = []

    def loss_of(model: nn.Module, share: torch.Tensor) -> tuple[torch.Tensor, Losses]:
        loss, parts = process(model, share)
        reported.append(parts)
        return loss, parts

    with closing(Workers(linear(), lambda: torch.ones(1, 4), loss_of, 2)) as team:
        mean = team.gradients()
    (own,) = reported
    assert own["process"] == os.getpid()
    helper = round((2 * mean["process"] - own["process"]).item())
    assert helper != os.getpid()
    others = (2 * mean["drawn"] - own["drawn"]).item()
    assert others != pytest.approx(own["drawn"].item())
    with pytest.raises(ProcessLookupError):
        os.kill(helper, 0)


@pytest.mark.parametrize("how", ["killed", "failed"])
def test_a_worker_that_ends_is_told_of(how: str) -> None:
    main = os.getpid()

    def loss_of(model: nn.Module, share: torch.Tensor) -> tuple[torch.Tensor, Losses]:
        if os.getpid() != main and how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if os.getpid() != main:
            raise RuntimeError("no")
        return squared(model, share)

    with (
        closing(Workers(linear(), lambda: torch.ones(1, 4), loss_of, 2)) as team,
        pytest.raises(WorkerError, match=r"status (-9|1)\).*--resume"),
    ):
        team.gradients()


def test_the_module_of_every_process_is_prepared() -> None:
    def prepare(model: nn.Module) -> None:
        model.register_buffer("seen", torch.ones(()))

    def loss_of(model: nn.Module, share: torch.Tensor) -> tuple[torch.Tensor, Losses]:
        return model(share).sum(), {"seen": model.get_buffer("seen")}

    with closing(Workers(linear(), lambda: torch.ones(1, 4), loss_of, 2, prepare)) as team:
        assert team.gradients() == {"seen": 1.0}

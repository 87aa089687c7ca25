"""Training on a chosen device, and in several processes as on several GPUs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from fwd_report.training.datasets import load_dataset
from fwd_report.training.loop import Schedule, Task, accelerator_on, train
from fwd_report.training.objectives import Denoiser
from fwd_report.training.parallel import in_processes
from fwd_report.training.state import weights_file
from fwd_report.training.unet import UNet

SCHEDULE = Schedule(epochs=2, batch=16, lr=1e-3, decay=0.5, seed=1, examples=64, precision="fp32")


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda:0", marks=pytest.mark.gpu)])
def test_a_training_stays_on_the_device_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    """Every image that the network sees, and its weights at the end."""
    seen = set()
    forward = UNet.forward

    def watched(self: UNet, x: torch.Tensor, *more: torch.Tensor | None) -> torch.Tensor:
        seen.update({str(x.device), *(str(weight.device) for weight in self.parameters())})
        return forward(self, x, *more)

    monkeypatch.setattr(UNet, "forward", watched)
    images = load_dataset("digits").train_images[:64]
    losses = train(Task(UNet(4), Denoiser(0.5), images, None, SCHEDULE, tmp_path, device))
    assert seen == {device}
    assert len(losses) == 8
    assert (tmp_path / weights_file(SCHEDULE.epochs)).is_file()


def test_the_number_of_a_gpu_is_not_lost() -> None:
    """Accelerate takes the first one unless it is told otherwise."""
    assert accelerator_on("cuda:1").device == torch.device("cuda", 1)


@pytest.mark.parametrize(
    "device",
    [pytest.param("cpu", marks=pytest.mark.slow), pytest.param("cuda", marks=pytest.mark.gpu(2))],
)
def test_two_processes_learn_what_one_does(tmp_path: Path, device: str) -> None:
    """On two GPUs each has its own; one of them learns in this process first."""
    images = load_dataset("digits").train_images[:100]
    losses, networks, heard = [], [], []
    for count in (1, 2):
        folder = tmp_path / str(count)
        folder.mkdir()
        torch.manual_seed(0)
        network = UNet(4)
        where = f"{device}:0" if device == "cuda" and count == 1 else device
        task = Task(network, Denoiser(0.5), images, None, SCHEDULE, folder, where)
        if count == 1:
            losses.append(train(task))
        else:
            losses.append(in_processes(2, task, lambda *news: heard.append(news)))
        networks.append(network)
    assert len(losses[1]) == len(losses[0]) == 8
    assert losses[1] == pytest.approx(losses[0], rel=0.1)  # BatchNorm sees half of each batch
    assert heard[-1][:2] == (8, 8)
    stored = load_file(tmp_path / "2" / weights_file(2))
    assert torch.equal(networks[1].out[1].weight.cpu(), stored["out.1.weight"])

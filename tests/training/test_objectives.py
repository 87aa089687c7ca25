"""What the objectives draw, against diffusers and against their own definitions."""

from __future__ import annotations

import pytest
import torch
from diffusers import DDPMScheduler
from torch import Tensor

from fwd_report.diffusion.ddpm import DDPM
from fwd_report.diffusion.flow import Flow
from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.program import Prediction
from fwd_report.training.objectives import (
    Batch,
    ClassDropped,
    Classification,
    DDPMNoise,
    Denoiser,
    FlowVelocity,
)
from fwd_report.training.unet import NO_CLASS

T = 300


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def images() -> Tensor:
    return torch.rand(64, 1, 28, 28, generator=generator(1))


@pytest.fixture
def scheduler() -> DDPMScheduler:
    return DDPMScheduler(
        num_train_timesteps=T,
        beta_schedule="linear",
        beta_start=1e-4,
        beta_end=0.02,
        variance_type="fixed_large",
        clip_sample=False,
    )


def test_ddpm_noises_as_diffusers_does(images: Tensor, scheduler: DDPMScheduler) -> None:
    batch = DDPMNoise(T).draw(images, None, generator())
    assert batch.t is not None
    t = (batch.t * T).round().long()
    assert t.min() >= 1
    assert t.max() <= T
    expected = scheduler.add_noise(images, batch.target, t - 1)
    torch.testing.assert_close(batch.x, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("t", [T - 1, 150, 10])
def test_the_step_back_equals_diffusers(t: int, scheduler: DDPMScheduler) -> None:
    x, eps = torch.randn(2, 1, 28, 28, generator=generator(2))
    mine = DDPM.linear(T).step(x, t, t - 1, Prediction(eps), Noise(7))
    theirs = scheduler.step(eps, t, x, generator=generator(7)).prev_sample
    torch.testing.assert_close(mine, theirs, atol=2e-5, rtol=0)


def test_the_steps_variance_is_beta() -> None:
    process, x = DDPM.linear(T), torch.zeros(1, 28, 28)
    for t in (T - 1, 150, 1):
        step = process.step(x, t, t - 1, Prediction(x), Noise(7))
        expected = process.betas[t].sqrt() * Noise(7).draw(x.shape)
        torch.testing.assert_close(step, expected, atol=1e-5, rtol=1e-3)


def test_the_last_step_is_the_clean_estimate() -> None:
    process = DDPM.linear(T)
    x, eps = torch.randn(2, 1, 28, 28, generator=generator(2))
    x0 = process.clean(x, 0, Prediction(eps))
    assert process.timesteps()[-2:] == [0, -1]
    torch.testing.assert_close(process.step(x, 0, -1, Prediction(eps), Noise(0)), x0)


def test_flow_draws_the_process_it_is_sampled_by(images: Tensor) -> None:
    batch = FlowVelocity().draw(images, None, generator())
    assert batch.t is not None
    eps = images - batch.target
    process = Flow()
    for x, t, clean, noise, v in zip(batch.x, batch.t, images, eps, batch.target, strict=True):
        torch.testing.assert_close(x, process.forward(clean, t.item(), noise))
        torch.testing.assert_close(process.clean(x, t.item(), Prediction(v)), clean)


def test_a_denoiser_is_asked_for_the_image(images: Tensor) -> None:
    batch = Denoiser(0.5).draw(images, None, generator())
    assert batch.target is images
    assert batch.question == (batch.x,)
    assert abs((batch.x - images).std() - 0.5) < 0.01


def test_pure_noise_holds_nothing_of_the_image(images: Tensor) -> None:
    batch = Denoiser(0.5, pure_noise=True).draw(images, None, generator())
    other = Denoiser(0.5, pure_noise=True).draw(images.flip(0), None, generator())
    assert torch.equal(batch.x, other.x)
    assert torch.equal(batch.target, images)


@pytest.mark.parametrize("p_uncond", [0.0, 0.1, 1.0])
def test_labels_are_forgotten_with_p_uncond(p_uncond: float) -> None:
    labels = torch.arange(10_000) % 10
    batch = ClassDropped(FlowVelocity(), p_uncond).draw(
        torch.zeros(10_000, 1, 1, 1), labels, generator()
    )
    assert batch.label is not None
    forgotten = batch.label == NO_CLASS
    assert abs(forgotten.float().mean() - p_uncond) < 0.01
    assert torch.equal(batch.label[~forgotten], labels[~forgotten])


def test_a_classifier_is_asked_for_the_label_of_a_shifted_image(images: Tensor) -> None:
    labels = torch.arange(64) % 10
    batch = Classification(shift=2).draw(images, labels, generator(3))
    assert torch.equal(batch.target, labels)
    assert torch.equal(batch.x.sum((-1, -2)).isclose(images.sum((-1, -2))), torch.ones(64, 1) > 0)


def test_processes_share_a_batch_without_overlap() -> None:
    batch = Batch(torch.arange(7), None, torch.arange(7), torch.arange(7))
    parts = [batch.part(rank, 3) for rank in range(3)]
    assert torch.cat([part.x for part in parts]).sort().values.tolist() == list(range(7))
    assert all(torch.equal(part.x, part.target) for part in parts)


def test_a_process_beyond_the_last_question_repeats_one() -> None:
    batch = Batch(torch.arange(2), None, None, torch.arange(2))
    assert [batch.part(rank, 5).x.tolist() for rank in range(5)] == [[0], [1], [0], [1], [0]]

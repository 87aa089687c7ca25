"""DDIM, its timesteps, rescaled guidance and RePaint's resampling equal diffusers'."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler, RePaintScheduler
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from fwd_report.diffusion.ddim import DDIM
from fwd_report.diffusion.ddpm import CLEAN, DDPM, Threshold
from fwd_report.diffusion.driver import answer, estimator
from fwd_report.diffusion.guidance import guided
from fwd_report.diffusion.loops import denoise
from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.program import Prediction
from fwd_report.diffusion.repaint import denoise_again
from fwd_report.diffusion.spacing import resampled, spaced

SHAPE = (3, 8, 8)
CONFIG: dict[str, Any] = {"beta_schedule": "squaredcos_cap_v2"}
COSINE = DDPM.squaredcos_cap_v2()


def network(x: Tensor, t: float) -> Prediction:
    """Some function of the image and the time, and a variance that DDIM has no use for."""
    return Prediction((2 * x).tanh() * (0.5 + t / 2000), torch.zeros_like(x))


@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("percentile", [None, 0.9])
@pytest.mark.parametrize("steps", [4, 10, 50])
def test_ddim_is_diffusers(eta: float, percentile: float | None, steps: int) -> None:
    threshold = None if percentile is None else Threshold(percentile)
    scheduler = DDIMScheduler(
        **CONFIG,
        clip_sample=False,
        thresholding=percentile is not None,
        dynamic_thresholding_ratio=percentile or 0.995,
        sample_max_value=1e9,
    )
    scheduler.set_timesteps(steps)
    generator = torch.Generator("cpu").manual_seed(3)
    x = torch.randn((1, *SHAPE), generator=generator)
    for t in scheduler.timesteps.tolist():
        eps = network(x, t).value
        x = scheduler.step(eps, t, x, eta=eta, generator=generator).prev_sample
    process = DDIM(DDPM.squaredcos_cap_v2(threshold=threshold), eta)
    noise = Noise(3)
    start = noise.draw(SHAPE)
    times = process.timesteps(steps)
    (made,) = answer(denoise(process, start, times, estimator(network), noise))
    assert (made - x[0]).abs().max() <= 2e-5 * x.abs().max().clamp(min=1)


def test_ddim_without_noise_draws_none_after_the_first() -> None:
    noise, untouched = Noise(5), Noise(5)
    start = noise.draw(SHAPE)
    answer(denoise(DDIM(COSINE), start, COSINE.timesteps(5), estimator(network), noise))
    untouched.draw(SHAPE)
    assert torch.equal(noise.draw(SHAPE), untouched.draw(SHAPE))


def test_ddim_of_full_noise_is_ddpm_with_the_smaller_variance() -> None:
    """σ² of η = 1 is the posterior's, which a predicted variance of −1 stands for."""
    x, eps = torch.randn(SHAPE), torch.randn(SHAPE)
    smallest = Prediction(eps, -torch.ones(SHAPE))
    for t, t_next in ((990, 960), (500, 400), (30, 0), (10, CLEAN)):
        one = DDIM(COSINE, 1.0).step(x, t, t_next, smallest, Noise(1))
        other = COSINE.step(x, t, t_next, smallest, Noise(1))
        assert (one - other).abs().max() < 1e-4 * other.abs().max()


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 1000), st.sampled_from(["leading", "linspace", "trailing"]))
def test_spacings_are_diffusers(steps: int, spacing: Any) -> None:
    scheduler = DDPMScheduler(**CONFIG, timestep_spacing=spacing)
    scheduler.set_timesteps(steps)
    expected = scheduler.timesteps.tolist()[:steps]  # rounding gives them one too many at times
    assert spaced(1000, steps, spacing) == expected


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 400), st.sampled_from(["leading", "linspace", "trailing"]))
def test_times_fall_and_are_there(steps: int, spacing: Any) -> None:
    times = spaced(1000, steps, spacing)
    assert len(times) == steps
    assert all(t > t_next for t, t_next in pairwise(times))
    assert 0 <= times[-1] <= times[0] <= 999


@pytest.mark.parametrize("rescale", [0.0, 0.4, 1.0])
def test_rescaled_guidance_is_diffusers(rescale: float) -> None:
    c, u, x = (torch.randn(SHAPE, generator=torch.Generator().manual_seed(n)) for n in range(3))
    conditional, unconditional = estimator(lambda x, t: c), estimator(lambda x, t: u)
    made = answer(guided(conditional, unconditional, 7.5, rescale)(x, 500)).value
    plain = u + 7.5 * (c - u)
    expected = rescale_noise_cfg(plain[None], c[None], rescale)[0]
    assert torch.allclose(made, expected, atol=1e-5)


def test_guidance_in_an_interval() -> None:
    c, u, x = torch.ones(SHAPE), torch.zeros(SHAPE), torch.zeros(SHAPE)
    conditional, unconditional = estimator(lambda x, t: c), estimator(lambda x, t: u)
    for scale in (0, 1, 3):
        estimate = guided(conditional, unconditional, scale, interval=(200, 800))
        found = {t: answer(estimate(x, t)).value.mean().item() for t in (900, 800, 500, 200, 100)}
        assert found == {900: 1, 800: scale, 500: scale, 200: 1, 100: 1}


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 40), st.integers(1, 12), st.integers(1, 5))
def test_the_order_of_repaint_is_diffusers(steps: int, jump: int, count: int) -> None:
    scheduler = RePaintScheduler(num_train_timesteps=steps, **CONFIG)
    scheduler.set_timesteps(steps, jump_length=jump, jump_n_sample=count)
    visited = resampled([*range(steps - 1, -1, -1), CLEAN], jump, count)
    # Theirs are the times at which the model is asked, and those that noise leads to.
    ours = [t if t_next < t else t_next + 1 for t, t_next in pairwise(visited)]
    assert ours == scheduler.timesteps.tolist()
    assert visited[-1] == CLEAN


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 40), st.integers(1, 12))
def test_without_resampling_the_order_is_the_loops(steps: int, jump: int) -> None:
    times = [*range(steps - 1, -1, -1), CLEAN]
    assert resampled(times, jump, 1) == times


@pytest.mark.parametrize(("jump", "count"), [(3, 2), (5, 4), (1, 3)])
def test_repaint_is_diffusers(jump: int, count: int) -> None:
    """With every timestep and η = 0, where both draw alike: once a step, once a step back."""
    T, size = 20, (1, *SHAPE)
    scheduler = RePaintScheduler(num_train_timesteps=T, eta=0.0, clip_sample=False, **CONFIG)
    scheduler.set_timesteps(T, jump_length=jump, jump_n_sample=count)
    generator = torch.Generator("cpu").manual_seed(2)
    original = torch.rand(size, generator=torch.Generator().manual_seed(0)) * 2 - 1
    new = torch.zeros(size)
    new[..., 4:] = 1
    x = torch.randn(size, generator=generator)
    last = T
    for t in scheduler.timesteps.tolist():
        if t < last:
            eps = network(x, t).value
            x = scheduler.step(eps, t, x, original, 1 - new, generator=generator).prev_sample
        else:
            x = scheduler.undo_step(x, last, generator)
        last = t

    process, noise = DDIM(DDPM.squaredcos_cap_v2(T)), Noise(2)

    def keep(x: Tensor, t: float) -> Tensor:
        context = process.forward(original[0], t, noise.draw(SHAPE))
        return new[0] * x + (1 - new[0]) * context

    visited = resampled([*range(T - 1, -1, -1), CLEAN], jump, count)
    start = noise.draw(SHAPE)
    made = answer(denoise_again(process, start, visited, estimator(network), noise, keep))
    assert (made - x[0]).abs().max() < 1e-5 * x.abs().max()

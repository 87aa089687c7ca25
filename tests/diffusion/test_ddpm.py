"""The process equals `diffusers.DDPMScheduler`, number for number."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from diffusers import DDPMScheduler

from fwd_report.diffusion.ddpm import CLEAN, DDPM, Threshold
from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.program import Prediction

COSINE = DDPM.squaredcos_cap_v2()
SHAPE = (3, 8, 8)


def draw(seed: int, scale: float = 1.0) -> torch.Tensor:
    return scale * torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("t", "alpha_bar"),
    [(250, 0.845888), (500, 0.492285), (690, 0.214523), (750, 0.143179), (990, 0.000197)],
)
def test_golden_alpha_bar(t: int, alpha_bar: float) -> None:
    assert COSINE.alpha_bar_at(t) == pytest.approx(alpha_bar, abs=5e-7)


def test_schedules_equal_diffusers() -> None:
    cosine = DDPMScheduler(beta_schedule="squaredcos_cap_v2")
    assert torch.equal(COSINE.alpha_bar, cosine.alphas_cumprod)
    linear = DDPMScheduler(300, beta_start=1e-4, beta_end=0.02)
    assert torch.equal(DDPM.linear().alpha_bar, linear.alphas_cumprod)


def test_default_loops() -> None:
    assert COSINE.timesteps() == list(range(990, -1, -30))
    assert [COSINE.timesteps()[i] for i in (1, 3, 5, 7, 10, 20)] == [960, 900, 840, 780, 690, 390]
    assert DDPM.linear().timesteps() == [*range(299, -1, -1), CLEAN]


@pytest.mark.parametrize("steps", [1, 7, 20, 33, 1000])
def test_leading_timesteps_equal_diffusers(steps: int) -> None:
    scheduler = DDPMScheduler()
    scheduler.set_timesteps(steps)
    assert COSINE.timesteps(steps) == [*scheduler.timesteps.tolist(), CLEAN]


@pytest.mark.parametrize("steps", [0, 1001])
def test_impossible_steps(steps: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 1000"):
        COSINE.timesteps(steps)


@pytest.mark.parametrize(
    ("variance", "threshold", "options"),
    [
        ("learned_range", None, {"clip_sample": False}),
        ("learned_range", Threshold(maximum=1), {"clip_sample": True}),
        (
            "learned_range",
            Threshold(0.9, 1.5),
            {"thresholding": True, "dynamic_thresholding_ratio": 0.9, "sample_max_value": 1.5},
        ),
        ("fixed_large", None, {"clip_sample": False}),
        (
            "fixed_large",
            Threshold(),
            {"thresholding": True, "sample_max_value": float("inf")},
        ),
    ],
)
@pytest.mark.parametrize("i", [0, 1, 20, 32, 33])
def test_step_equals_diffusers(
    variance: str, threshold: Threshold | None, options: dict, i: int
) -> None:
    process = replace(COSINE, variance=variance, threshold=threshold)
    times = [*COSINE.timesteps(), CLEAN]
    t, t_next = times[i : i + 2]
    scheduler = DDPMScheduler(beta_schedule="squaredcos_cap_v2", variance_type=variance, **options)
    scheduler.set_timesteps(timesteps=times[:-1])
    x, eps, v = draw(1, 2.0), draw(2), draw(3).tanh()
    learned = variance == "learned_range"
    output = torch.cat([eps, v]) if learned else eps
    expected = scheduler.step(
        output[None], t, x[None], generator=torch.Generator().manual_seed(4)
    ).prev_sample[0]
    ours = process.step(x, t, t_next, Prediction(eps, v if learned else None), Noise(4))
    torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-5)


def test_no_noise_is_drawn_for_the_clean_image() -> None:
    noise = Noise(1)
    COSINE.step(draw(1), 0, CLEAN, Prediction(draw(2), draw(3)), noise)
    assert torch.equal(noise.draw(SHAPE), Noise(1).draw(SHAPE))


def test_forward_equals_diffusers_and_clean_undoes_it() -> None:
    x0, eps = draw(1), draw(2)
    xt = COSINE.forward(x0, 500, eps)
    expected = DDPMScheduler(beta_schedule="squaredcos_cap_v2").add_noise(
        x0, eps, torch.tensor([500])
    )
    torch.testing.assert_close(xt, expected)
    torch.testing.assert_close(COSINE.clean(xt, 500, Prediction(eps)), x0, rtol=1e-5, atol=1e-5)
    assert torch.equal(COSINE.forward(x0, CLEAN, eps), x0)


def test_a_learned_variance_must_be_predicted() -> None:
    with pytest.raises(ValueError, match="needs the variance"):
        COSINE.step(draw(1), 990, 960, Prediction(draw(2)), Noise(0))

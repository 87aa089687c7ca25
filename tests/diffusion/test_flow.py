"""Straight paths: with the true velocity, Euler is exact whatever the number of steps."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fwd_report.diffusion.driver import answer
from fwd_report.diffusion.flow import Flow
from fwd_report.diffusion.loops import denoise
from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.program import Prediction


@given(st.integers(1, 60))
@settings(deadline=None, max_examples=20)
def test_the_true_velocity_leads_to_the_image(steps: int) -> None:
    flow = Flow()
    image, noise = torch.randn(2, 1, 4, 4, generator=torch.Generator().manual_seed(0))

    def estimate(x: torch.Tensor, t: float):
        yield from ()
        torch.testing.assert_close(x, flow.forward(image, t, noise), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(
            flow.clean(x, t, Prediction(image - noise)), image, rtol=1e-4, atol=1e-5
        )
        return Prediction(image - noise)

    every = range(steps + 1)
    loop = denoise(flow, noise, flow.timesteps(steps), estimate, Noise(0), keep=every)
    trajectory = answer(loop)
    assert len(trajectory) == steps + 1
    torch.testing.assert_close(trajectory[-1], image, rtol=1e-4, atol=1e-5)


def test_default_steps() -> None:
    assert Flow(4).timesteps() == [0, 0.25, 0.5, 0.75, 1]
    with pytest.raises(ValueError, match="at least 1"):
        Flow().timesteps(0)

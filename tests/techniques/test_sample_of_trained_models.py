"""`sample` asks a network trained in Part B as it asks a text-to-image model."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from diffusers import DDPMScheduler
from tests.helpers.driver import run_alone

from fwd_report.diffusion.ddpm import DDPM
from fwd_report.diffusion.flow import Flow
from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.program import Prediction, Query
from fwd_report.models.handle import ModelHandle
from fwd_report.techniques.context import RunContext
from fwd_report.techniques.sample import Sample
from fwd_report.techniques.train import Train

SHAPE = (1, 8, 8)


class Network:
    """Predicts a smooth function of x, t and the class."""

    device = "cpu"

    def signature(self, query: Query) -> tuple[int, ...]:
        return tuple(query.x.shape)

    def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
        return [Prediction(predict(query.x, query.t, query.condition)) for query in queries]


def predict(x: torch.Tensor, t: float, label: int | None) -> torch.Tensor:
    return torch.tanh(x + (0 if label is None else 0.1 * label) + 0.001 * t)


@pytest.mark.parametrize(("label", "scale", "calls"), [(None, None, 300), (3, 5.0, 600)])
def test_ddpm(label: int | None, scale: float | None, calls: int) -> None:
    model = ModelHandle("m", DDPM.linear(), SHAPE, (0, 1), None)
    technique = Sample(model="training", digit=label)
    result, made = run_alone(technique.program(RunContext(4, Noise(4), model)), {"m": Network()})

    scheduler = DDPMScheduler(300, variance_type="fixed_large", clip_sample=False)
    scheduler.set_timesteps(300)
    generator = torch.Generator("cpu").manual_seed(4)
    x = torch.randn(SHAPE, generator=generator)
    for t in scheduler.timesteps.tolist():
        eps = predict(x, t, None)
        if label is not None:
            eps = eps + scale * (predict(x, t, label) - eps)
        x = scheduler.step(eps[None], t, x[None], generator=generator).prev_sample[0]
    torch.testing.assert_close(result.image, x, rtol=1e-4, atol=1e-4)
    assert made == calls == technique.network_steps({"model": Train()})


def test_flow_keeps_its_frames() -> None:
    model = ModelHandle("m", Flow(), SHAPE, (0, 1), None)
    technique = Sample(model="training", trajectory=True)
    result, made = run_alone(technique.program(RunContext(4, Noise(4), model)), {"m": Network()})
    x = torch.randn(SHAPE, generator=torch.Generator("cpu").manual_seed(4))
    for step in range(50):
        x = x + predict(x, step / 50, None) / 50
    torch.testing.assert_close(result.image, x, rtol=1e-4, atol=1e-4)
    assert made == 50 == technique.network_steps({"model": Train(objective="flow")})
    assert result.frames["trajectory"].shape == (51, *SHAPE)
    assert result.series["t"][-1] == 1


def test_a_long_trajectory_is_thinned() -> None:
    model = ModelHandle("m", DDPM.linear(), SHAPE, (0, 1), None)
    technique = Sample(model="training", trajectory=True)
    result, _ = run_alone(technique.program(RunContext(4, Noise(4), model)), {"m": Network()})
    assert len(result.frames["trajectory"]) == len(result.series["t"]) == 61
    assert result.series["t"][0] == 299
    assert result.series["t"][-1] == -1
    assert torch.equal(result.frames["trajectory"][-1], result.image)


def test_dynamic_thresholding_is_for_images_in_minus_one_to_one() -> None:
    model = ModelHandle("m", Flow(), SHAPE, (0, 1), None)
    technique = Sample(model="training", dynamic_thresholding=0.995)
    with pytest.raises(ValueError, match="for DDPM models"):
        run_alone(technique.program(RunContext(4, Noise(4), model)), {"m": Network()})

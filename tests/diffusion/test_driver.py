"""Programs driven by hand, on estimators whose result has a closed form.

Of data x ~ N(μ, s²) the best prediction is known: ε̂ = √(1−ᾱ) (x_t − √ᾱ μ) / (ᾱ s² + 1 − ᾱ) under a
DDPM. Under straight paths the flow carries the noise z to μ + s z.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from fwd_report import (
    DDPM,
    VIEWS,
    Flow,
    Noise,
    Prediction,
    Query,
    answer,
    denoise,
    estimator,
    factorised,
    gaussian_blur,
    guided,
    high_pass,
    mean,
    seen,
    together,
)
from fwd_report.diffusion.program import Estimator, Program
from fwd_report.models.handle import ModelHandle

SHAPE = (3, 16, 16)
STEPS = 400
S = 0.5


def ramp(axis: int, scale: float = 1.0) -> Tensor:
    """A picture whose values grow along an axis."""
    line = torch.linspace(-scale, scale, SHAPE[-1])
    return (line.view(1, -1, 1) if axis == 1 else line.view(1, 1, -1)).expand(SHAPE).contiguous()


def velocity_of(mu: Tensor | float) -> Estimator:
    """The best velocity E[x_1 − ε | x_t] for data N(μ, S²)."""

    def v(x: Tensor, t: float) -> Tensor:
        variance = (1 - t) ** 2 + (t * S) ** 2
        return mu + (t * S * S - (1 - t)) / variance * (x - t * mu)

    return estimator(v)


def carried(estimate: Estimator) -> tuple[Tensor, Tensor]:
    """The noise, and where the flow carries it."""
    noise, process = Noise(3), Flow()
    z = noise.draw(SHAPE)
    return z, answer(denoise(process, z, process.timesteps(STEPS), estimate, noise))[-1]


def test_a_flow_carries_noise_to_the_data() -> None:
    mu = ramp(1)
    z, x = carried(velocity_of(mu))
    assert (x - (mu + S * z)).abs().max() < 8e-3
    coarse = answer(denoise(Flow(), z, Flow().timesteps(40), velocity_of(mu), Noise(0)))[-1]
    off = (coarse - (mu + S * z)).abs().max()
    assert off > 5 * (x - (mu + S * z)).abs().max()  # Euler's error falls with the step


def test_guidance_extrapolates_the_mean() -> None:
    first, second, scale = ramp(1), ramp(2), 3.0
    z, x = carried(guided(velocity_of(first), velocity_of(second), scale))
    assert (x - (second + scale * (first - second) + S * z)).abs().max() < 2e-2


def test_an_anagram_is_the_mean_of_both_pictures() -> None:
    flip, first, second = VIEWS["flip"], ramp(2), ramp(1, 0.4)
    z, x = carried(mean([velocity_of(first), seen(flip, velocity_of(second))]))
    assert (x - ((first + flip.invert(second)) / 2 + S * z)).abs().max() < 8e-3


def test_a_hybrid_has_the_coarse_part_of_one_and_the_fine_part_of_the_other() -> None:
    coarse, fine = ramp(1), torch.sign(Noise(1).draw(SHAPE))

    def low(image: Tensor) -> Tensor:
        return gaussian_blur(image, 9, 2.0)

    def high(image: Tensor) -> Tensor:
        return high_pass(image, 9, 2.0)

    z, x = carried(factorised([(low, velocity_of(coarse)), (high, velocity_of(fine))]))
    assert (x - (low(coarse) + high(fine) + S * z)).abs().max() < 1e-2


def test_ancestral_sampling_has_the_mean_and_variance_of_its_recursion() -> None:
    process, mu, noise = DDPM.linear(T=200), 0.3, Noise(11)

    def gain(t: float) -> float:
        a = process.alpha_bar_at(t)
        return math.sqrt(1 - a) / (a * S * S + 1 - a)

    def epsilon(x: Tensor, t: float) -> Tensor:
        return gain(t) * (x - math.sqrt(process.alpha_bar_at(t)) * mu)

    shape = (3, 128, 128)
    times = process.timesteps()
    x = answer(denoise(process, noise.draw(shape), times, estimator(epsilon), noise))[-1]
    m, v = 0.0, 1.0  # of x_T, and then of each x_t: every step is linear in x and in the noise
    for t, t_next in pairwise(times):
        a, a_next = process.alpha_bar_at(t), process.alpha_bar_at(t_next)
        α = a / a_next
        β = 1 - α
        on_clean, on_x = math.sqrt(a_next) * β / (1 - a), math.sqrt(α) * (1 - a_next) / (1 - a)
        clean_x = (1 - math.sqrt(1 - a) * gain(t)) / math.sqrt(a)
        slope = on_clean * clean_x + on_x
        m = slope * m + on_clean * math.sqrt(1 - a) * gain(t) * mu
        v = slope**2 * v + (0.0 if t_next < 0 else β)
    count = math.prod(shape)
    assert abs(x.mean().item() - m) < 4 * math.sqrt(v / count)
    assert abs(x.var().item() / v - 1) < 4 * math.sqrt(2 / count)


@dataclass
class Halving:
    """Predicts half of what it is asked, and counts how often it is asked at once."""

    name: str
    asked: list[int] = field(default_factory=list)

    def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
        self.asked.append(len(queries))
        return [Prediction(query.x / 2) for query in queries]


def asking(model: str, value: float) -> Program[float]:
    """Asks a model twice and returns a quarter of the value."""
    x = torch.full((1, 1, 1), value)
    for _ in range(2):
        (prediction,) = yield (Query(model, x, 0, None),)
        x = prediction.value
    return x.item()


def test_what_is_asked_at_once_is_answered_at_once_by_whom_it_is_asked() -> None:
    first, second = Halving("first"), Halving("second")
    programs = [asking("second", 4), asking("first", 8), asking("second", 12)]
    assert answer(together(*programs), first, second) == (1, 2, 3)
    assert (first.asked, second.asked) == ([1, 1], [2, 2])


def test_a_loop_is_driven_once() -> None:
    loop = asking("first", 4)
    assert answer(loop, Halving("first")) == 1
    with pytest.raises(ValueError, match="driven already; make a new one"):
        answer(loop, Halving("first"))
    with pytest.raises(TypeError, match="takes a loop, such as denoise"):
        answer(denoise, Halving("first"))  # type: ignore[arg-type]


def test_a_loop_made_of_the_wrong_things_says_what_it_takes() -> None:
    process, noise = Flow(), Noise(0)
    x, times, wrong = noise.draw(SHAPE), process.timesteps(5), "a dog"
    method = ModelHandle("m", process, SHAPE, (-1, 1), "").estimate
    for loop in (
        denoise(process, x, 5, velocity_of(0.0), noise),  # type: ignore[arg-type]
        denoise(process, x, times, guided(wrong, "", 7), noise),  # type: ignore[arg-type]
        denoise(process, x, times, wrong, noise),  # type: ignore[arg-type]
        denoise(process, x, times, method, noise),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError, match=r"timesteps as process\.timesteps\(20\) gives them"):
            answer(loop)

    def mine(x: Tensor, t: float) -> Tensor:
        return x + "no tensor"  # type: ignore[operator]

    with pytest.raises(TypeError) as caught:
        answer(denoise(process, x, times, estimator(mine), noise))
    assert "process.timesteps" not in str(caught.value)


def test_a_model_that_is_not_given_is_named() -> None:
    with pytest.raises(LookupError, match=r"asks the model 'first', and answer\(\) was given none"):
        answer(asking("first", 1))

"""A stored training asked by programs, against loops written from the assignment."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from tests.helpers.driver import run_alone

from fwd_report.diffusion.noise import Noise
from fwd_report.diffusion.program import Query
from fwd_report.store.entry import Entry
from fwd_report.techniques.context import RunContext
from fwd_report.techniques.sample import Sample
from fwd_report.training.checkpoints import TrainedEvaluator, load_trained
from fwd_report.training.unet import NO_CLASS, UNet

SHAPE = (1, 28, 28)


def network_of(evaluator: TrainedEvaluator) -> UNet:
    return evaluator._network


def sampled(entry: Entry, seed: int, **fields: object) -> tuple[torch.Tensor, int]:
    """What `sample` makes of a training, and how many evaluations it took."""
    model, evaluator = load_trained(entry, None, "cpu")
    technique = Sample.model_validate({"model": "unet", **fields})
    program = technique.program(RunContext(seed, Noise(seed), model))
    result, calls = run_alone(program, {model.name: evaluator})
    assert result.image is not None
    return result.image, calls


@torch.inference_mode()
def test_sampling_a_ddpm_is_algorithm_4(trained: dict[str, Entry]) -> None:
    """Class-conditional sampling with the assignment's t = T … 1, where ᾱ_0 = 1."""
    _, evaluator = load_trained(trained["ddpm"], None, "cpu")
    network = network_of(evaluator)
    T, gamma, label = 20, 5.0, 7
    beta = torch.cat((torch.zeros(1), torch.linspace(1e-4, 0.02, T))).double()
    alpha = 1 - beta
    abar = torch.cumprod(alpha, 0)
    noise = torch.Generator().manual_seed(3)
    x = torch.randn(SHAPE, generator=noise)
    for t in range(T, 0, -1):
        told = torch.tensor([t / T])
        eps_u, eps_c = (network(x[None], told, torch.tensor([c]))[0] for c in (NO_CLASS, label))
        eps = eps_u + gamma * (eps_c - eps_u)
        x0 = (x - (1 - abar[t]).sqrt() * eps) / abar[t].sqrt()
        z = torch.randn(SHAPE, generator=noise) if t > 1 else torch.zeros(SHAPE)
        x = (
            abar[t - 1].sqrt() * beta[t] / (1 - abar[t]) * x0
            + alpha[t].sqrt() * (1 - abar[t - 1]) / (1 - abar[t]) * x
            + beta[t].sqrt() * z
        ).float()
    image, calls = sampled(trained["ddpm"], seed=3, digit=label, guidance=gamma)
    assert calls == 2 * T
    torch.testing.assert_close(image, x, atol=1e-4, rtol=0)


@torch.inference_mode()
def test_sampling_a_flow_is_eulers_method(trained: dict[str, Entry]) -> None:
    _, evaluator = load_trained(trained["flow"], None, "cpu")
    network = network_of(evaluator)
    x = torch.randn(SHAPE, generator=torch.Generator().manual_seed(3))
    for t, t_next in pairwise([0, 0.25, 0.5, 0.75, 1]):
        velocity = network(x[None], torch.tensor([float(t)]), torch.tensor([2]))[0]
        x = x + (t_next - t) * velocity
    image, calls = sampled(trained["flow"], seed=3, digit=2, guidance=1, steps=4)
    assert calls == 4
    torch.testing.assert_close(image, x, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ["ddpm", "flow"])
def test_guidance_0_is_no_class_and_1_is_the_class_alone(
    trained: dict[str, Entry], kind: str
) -> None:
    ignored, _ = sampled(trained[kind], 3, digit=4, guidance=0, steps=4)
    unlabelled, _ = sampled(trained[kind], 3, steps=4)
    torch.testing.assert_close(ignored, unlabelled)
    alone, calls = sampled(trained[kind], 3, digit=4, guidance=1, steps=4)
    nearly, _ = sampled(trained[kind], 3, digit=4, guidance=1 + 1e-6, steps=4)
    assert calls == 4
    torch.testing.assert_close(alone, nearly, atol=1e-3, rtol=0)


def test_a_batch_of_mixed_times_and_labels_answers_as_each_alone(
    trained: dict[str, Entry],
) -> None:
    model, evaluator = load_trained(trained["ddpm"], None, "cpu")
    queries = [
        Query(model.name, torch.randn(SHAPE), t, label)
        for t, label in ((0, None), (19, 3), (7, 9), (7, None))
    ]
    together = evaluator.evaluate(queries)
    assert len({evaluator.signature(query) for query in queries}) == 1
    for query, answer in zip(queries, together, strict=True):
        (alone,) = evaluator.evaluate([query])
        torch.testing.assert_close(answer.value, alone.value, atol=1e-5, rtol=1e-5)
        assert answer.value.dtype == torch.float32


def test_every_epoch_is_kept_and_the_last_is_the_default(trained: dict[str, Entry]) -> None:
    x = torch.randn(SHAPE)
    answers = {}
    for epoch in (1, 2, None):
        model, evaluator = load_trained(trained["ddpm"], epoch, "cpu")
        answers[epoch] = evaluator.evaluate([Query(model.name, x, 5, None)])[0].value
    assert torch.equal(answers[2], answers[None])
    assert not torch.equal(answers[1], answers[2])
    with pytest.raises(FileNotFoundError):
        load_trained(trained["ddpm"], 3, "cpu")

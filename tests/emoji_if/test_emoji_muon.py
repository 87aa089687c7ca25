"""Muon's steps are orthogonal, and as the paper's iteration makes them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from emoji_if.muon import COEFFICIENTS, STEPS, Muon, orthogonal

SHAPES = [(32, 288), (48, 48), (64, 8), (1, 5)]


def newton_schulz(matrix: Tensor) -> Tensor:
    """The iteration of Jordan et al. (2024) as they write it, in float64."""
    a, b, c = COEFFICIENTS
    x = matrix.double() / matrix.double().norm()
    if matrix.shape[0] > matrix.shape[1]:
        x = x.T
    for _ in range(STEPS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["random", "of low rank", "of singular values far apart"])
def test_a_step_is_that_of_the_paper(shape: tuple[int, int], kind: str) -> None:
    torch.manual_seed(1)
    matrix = torch.randn(shape)
    if kind == "of low rank":
        matrix = torch.randn(shape[0], 2) @ torch.randn(2, shape[1])
    elif kind == "of singular values far apart":
        u, s, v = torch.linalg.svd(matrix, full_matrices=False)
        matrix = u * torch.logspace(0, -5, len(s)) @ v
    expected = newton_schulz(matrix)
    assert (orthogonal(matrix) - expected).abs().max() < 5e-3 * expected.norm()


@pytest.mark.parametrize("shape", [(32, 288), (64, 8), (1, 5)])
def test_singular_values_are_near_one(shape: tuple[int, int]) -> None:
    torch.manual_seed(2)
    values = torch.linalg.svdvals(orthogonal(100 * torch.randn(shape)))
    assert values.min() > 0.6
    assert values.max() < 1.25


@pytest.mark.parametrize("shape", SHAPES)
def test_matrices_taken_together_are_made_orthogonal_each_by_itself(shape: tuple[int, int]) -> None:
    torch.manual_seed(3)
    matrices = torch.randn(3, *shape) * torch.tensor([1.0, 1e-3, 50.0]).view(3, 1, 1)
    together = orthogonal(matrices)
    torch.testing.assert_close(together, torch.stack([orthogonal(each) for each in matrices]))


def test_parameters_of_a_shape_step_together_as_each_alone() -> None:
    torch.manual_seed(4)
    starts, gradients = torch.randn(2, 3, 6, 4, 3, 3)
    group = {"lr": 0.1, "momentum": 0.9}
    results = []
    for together in (True, False):
        parameters = [nn.Parameter(start.clone()) for start in starts]
        optimiser = Muon(parameters, lr=0.1)
        for step in (1, 2):
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = step * gradient.clone()
            for chosen in [parameters] if together else [[each] for each in parameters]:
                optimiser._update(group, chosen)
        results.append(torch.stack([parameter.detach() for parameter in parameters]))
    torch.testing.assert_close(*results)
    assert (results[0] - starts).abs().min() > 0

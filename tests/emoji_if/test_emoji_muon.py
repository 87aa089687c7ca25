"""Muon's steps are orthogonal, and as the paper's iteration makes them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from emoji_if.muon import COEFFICIENTS, STEPS, orthogonal

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

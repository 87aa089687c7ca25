"""What a noisy picture shows, by Bayes' rule: against torch's own normal distributions."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.distributions import LowRankMultivariateNormal
from torch.nn import functional as F

from fwd_report.models import matching
from fwd_report.models.matching import (
    COARSE,
    GROUND_MEAN,
    GROUND_VARIANCE,
    LEFT_POSES,
    MISFIT_VARIANCE,
    POSES,
    expected,
    expected_pair,
)


def drawings(count: int = 3) -> Tensor:
    """(1, count, 4, COARSE, COARSE): blots, lopsided, of different colours."""
    torch.manual_seed(3)
    opacity = (F.interpolate(torch.rand(count, 1, 4, 4), COARSE, mode="bicubic") > 0.6).float()
    opacity[..., :3], opacity[..., -3:], opacity[..., :3, :], opacity[..., -3:, :] = 0, 0, 0, 0
    return torch.cat([torch.rand(count, 3, 1, 1) * opacity, opacity], dim=1)[None]


def posed(drawing: Tensor, pose: tuple[float, float, float, int]) -> Tensor:
    """(4, COARSE, COARSE) drawn as wide, and where, and the way round that the pose says."""
    scale, x, y, turned = pose
    there = torch.tensor([[[turned / scale, 0, -x * turned / scale], [0, 1 / scale, -y / scale]]])
    grid = F.affine_grid(there, [1, 4, COARSE, COARSE], align_corners=False)
    return F.grid_sample(drawing[None], grid, align_corners=False)[0]


def on_ground(drawn: Tensor, colour: Tensor) -> Tensor:
    return 2 * drawn[:3] - drawn[3:] + (1 - drawn[3:]) * colour.view(3, 1, 1)


@pytest.mark.parametrize("abar", [0.003, 0.05, 0.4])
def test_the_mean_is_that_of_a_mixture_of_normal_distributions(
    abar: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "TOGETHER", 1)
    monkeypatch.setattr(matching, "RENDERED", 10_000)
    some, generator = drawings(), torch.Generator().manual_seed(0)
    clean = on_ground(posed(some[0, 1], POSES[7]), torch.tensor([0.2, -0.4, 0.6]))
    noise = torch.randn(clean.shape, generator=generator)
    noisy = abar**0.5 * clean + (1 - abar) ** 0.5 * noise
    found = expected(some, noisy[None], torch.full((1, 1, 1, 1), abar))[0]

    seen = (noisy / abar**0.5).double().flatten(1)
    variance = (1 - abar) / abar + MISFIT_VARIANCE
    likelihoods, pictures = [], []
    for pose in POSES:
        for drawing in some[0].double():
            drawn = posed(drawing.float(), pose).double()
            ground = (1 - drawn[3]).flatten()
            mean = on_ground(drawn, torch.full((3,), GROUND_MEAN)).flatten(1)
            normal = LowRankMultivariateNormal(
                mean,
                (GROUND_VARIANCE**0.5 * ground)[:, None],
                torch.full_like(ground, variance),
            )
            likelihoods.append(normal.log_prob(seen).sum())
            precision = ground @ ground / variance + 1 / GROUND_VARIANCE
            offset = (seen - mean) @ ground / variance / precision
            pictures.append(torch.cat([on_ground(drawn, GROUND_MEAN + offset), drawn[3:]]))
    shares = torch.stack(likelihoods).softmax(0)
    wanted = torch.einsum("j,jchw->chw", shares, torch.stack(pictures))
    torch.testing.assert_close(found.double(), wanted, atol=2e-3, rtol=2e-3)


@pytest.mark.parametrize("pose", [POSES[0], POSES[29], POSES[-1]])
def test_a_drawing_in_a_pose_is_recognised_through_noise(
    pose: tuple[float, float, float, int],
) -> None:
    some, colour = drawings(), torch.tensor([0.7, 0.1, -0.2])
    clean = F.interpolate(on_ground(posed(some[0, 2], pose), colour)[None], scale_factor=4)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    noisy = 0.1**0.5 * clean + 0.9**0.5 * noise
    found = expected(some, noisy, torch.full((1, 1, 1, 1), 0.1))
    error = (F.interpolate(found[:, :3], scale_factor=4) - clean).square().mean()
    assert error < 0.02 < (noisy / 0.1**0.5 - clean).square().mean()
    opacity = posed(some[0, 2], pose)[3]
    assert (found[0, 3] - opacity).square().mean() < 0.02


def test_where_nothing_is_drawn_the_ground_is_expected() -> None:
    colour = torch.tensor([0.9, -0.9, 0.3]).view(1, 3, 1, 1)
    noisy = 0.5**0.5 * colour + 0.5**0.5 * torch.randn(1, 3, 64, 64)
    found = expected(torch.zeros(1, 2, 4, 32, 32), noisy, torch.full((1, 1, 1, 1), 0.5))
    torch.testing.assert_close(found[:, :3], colour.expand(1, 3, 32, 32), atol=0.05, rtol=0)
    assert not found[:, 3].any()


@pytest.mark.parametrize("abar", [2.4e-9, 1 - 1e-7])
def test_the_ends_of_the_process_are_finite(abar: float) -> None:
    noisy = torch.randn(2, 3, 64, 64)
    found = expected(drawings().expand(2, -1, -1, -1, -1), noisy, torch.full((1, 1, 1, 1), abar))
    assert found.isfinite().all()
    assert found.abs().max() < 3


def test_two_drawings_beside_each_other_are_recognised_each_in_its_half() -> None:
    some, colour = drawings(), torch.tensor([0.6, 0.2, -0.5])
    left, right = posed(some[0, 0], LEFT_POSES[20]), posed(some[0, 1], LEFT_POSES[40]).flip(2)
    clean = torch.cat([on_ground(left, colour)[..., :8], on_ground(right, colour)[..., 8:]], 2)
    clean = F.interpolate(clean[None], scale_factor=4)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    noisy, abar = 0.1**0.5 * clean + 0.9**0.5 * noise, torch.full((1, 1, 1, 1), 0.1)

    def error(first: Tensor, second: Tensor) -> float:
        found = expected_pair(first, second, noisy, abar)[:, :3]
        return (F.interpolate(found, scale_factor=4) - clean).square().mean().item()

    one, other = some[:, :1], some[:, 1:2]
    edge = expected_pair(one, other, noisy, abar)[0, :3, 0, COARSE // 2 - 1 : COARSE // 2 + 1]
    torch.testing.assert_close(edge[:, 0], edge[:, 1])  # the ground goes on across the middle
    assert error(one, other) < 0.03
    assert error(one, other) < error(other, one) / 3

"""Views are orthogonal and undone exactly."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fwd_report.diffusion.jigsaw import _pieces
from fwd_report.diffusion.views import VIEWS
from fwd_report.plugins.kinds import HIDDEN, KINDS

names = st.sampled_from(sorted(VIEWS))
sizes = st.sampled_from([4, 8, 16, 28, 64])
seeds = st.integers(0, 2**31)


def noise(size: int, seed: int) -> torch.Tensor:
    return torch.randn(3, size, size, generator=torch.Generator().manual_seed(seed))


@given(names, sizes, seeds)
@settings(deadline=None, max_examples=60)
def test_a_view_is_undone_exactly(name: str, size: int, seed: int) -> None:
    from dataclasses import replace

    view, x = replace(VIEWS[name], seed=seed), noise(size, seed)
    assert torch.equal(view.invert(view.apply(x)), x)
    assert torch.equal(view.apply(view.invert(x)), x)


@given(names, sizes, seeds)
@settings(deadline=None, max_examples=60)
def test_a_view_is_orthogonal(name: str, size: int, seed: int) -> None:
    view, x, y = VIEWS[name], noise(size, seed), noise(size, seed + 1)
    torch.testing.assert_close(
        (view.apply(x) * view.apply(y)).double().sum(), (x * y).double().sum()
    )
    assert torch.equal(view.apply(x).abs().flatten().sort()[0], x.abs().flatten().sort()[0])


@pytest.mark.parametrize("name", sorted(VIEWS.keys() - {"identity"}))
def test_a_view_changes_the_image(name: str) -> None:
    x = noise(16, 0)
    assert not torch.equal(VIEWS[name].apply(x), x)


def test_the_views_are_what_their_names_say() -> None:
    x = noise(8, 0)
    assert torch.equal(VIEWS["flip"].apply(x), x.flip(1))
    assert torch.equal(VIEWS["mirror"].apply(x), x.flip(2))
    assert torch.equal(VIEWS["rotate90"].apply(x), torch.rot90(x, 1, (1, 2)))
    assert torch.equal(VIEWS["rotate180"].apply(x), x.flip(1, 2))
    assert torch.equal(VIEWS["negate"].apply(x), -x)


def test_a_log_variance_keeps_its_sign() -> None:
    x = noise(8, 0)
    assert torch.equal(VIEWS["negate"].invert_variance(x), x)
    assert torch.equal(VIEWS["flip"].invert_variance(x), x.flip(1))


def test_a_spec_can_name_every_view_but_the_identity() -> None:
    assert set(KINDS["views"].built_in) == VIEWS.keys()
    assert {name for name in KINDS["views"].built_in if name not in HIDDEN} == {
        name for name in VIEWS if name != "identity"
    }


@pytest.mark.parametrize("size", [16, 28, 64])
def test_jigsaw_pieces_interlock_and_fit_after_a_quarter_turn(size: int) -> None:
    pieces = _pieces(size)
    cells = torch.arange(16).reshape(4, 4)
    squares = cells.repeat_interleave(size // 4, 0).repeat_interleave(size // 4, 1)
    assert (pieces != squares).any()
    turned = cells.rot90(1).flatten()
    place_after = torch.empty(16, dtype=torch.long)
    place_after[turned] = torch.arange(16)
    assert torch.equal(place_after[pieces.rot90(1)], pieces)


def test_jigsaw_pieces_need_a_size_they_divide() -> None:
    with pytest.raises(ValueError, match="needs a size it divides"):
        VIEWS["jigsaw"].apply(noise(18, 0))


def test_views_are_of_squares() -> None:
    with pytest.raises(ValueError, match="square"):
        VIEWS["flip"].apply(torch.zeros(3, 4, 6))

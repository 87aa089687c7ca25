"""The layout's lesson: a caption's maps become the means of its pictures."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from emoji_if.layouts import LIVELY, SIDE, cell_features, examples, teach
from emoji_if.stage_networks import LAYOUT, TEXT_WIDTH
from fwd_report.models.text_layout import TextLayout


def test_features_of_a_flat_picture_are_its_colour() -> None:
    colour = torch.tensor([0.5, -0.25, 1.0]).view(1, 3, 1, 1)
    features = cell_features(colour.expand(2, 3, 64, 64))
    assert features.shape == (2, LAYOUT["channels"], SIDE, SIDE)
    torch.testing.assert_close(features[:, :3], colour.expand(2, 3, SIDE, SIDE))
    torch.testing.assert_close(features[:, 3:6], (colour**2).expand(2, 3, SIDE, SIDE))
    torch.testing.assert_close(features[:, 6:], torch.zeros(2, 2, SIDE, SIDE), atol=1e-3, rtol=0)


def test_features_show_an_edge_where_it_is() -> None:
    picture = -torch.ones(1, 3, 64, 64)
    picture[..., 30:] = 1  # an upright edge inside the cells of pixels 28 to 31
    features = cell_features(picture)[0]
    edges, contrast = features[6] / LIVELY, features[7] / LIVELY
    cell = 30 * SIDE // 64
    assert (edges[:, cell] == 0.5).all()  # one step of 2 among the 4 columns of a cell
    torch.testing.assert_close(contrast[:, cell], torch.ones(SIDE))
    assert edges.sum() == edges[:, cell].sum()
    assert contrast.sum() == contrast[:, cell].sum()


def test_examples_are_as_many_as_asked_for_and_belong_together() -> None:
    def take() -> SimpleNamespace:
        colours = torch.rand(8).view(8, 1, 1, 1).expand(8, 3, 16, 16)
        return SimpleNamespace(
            captions=[str(colour.item()) for colour in colours[:, 0, 0, 0]],
            pixels=lambda: colours,
        )

    def embed(captions: list[str]) -> torch.Tensor:
        return torch.tensor([float(caption) for caption in captions])[:, None, None].expand(8, 7, 4)

    texts, features = examples(SimpleNamespace(take=take), embed, 20)
    assert texts.shape == (24, 4)
    torch.testing.assert_close(texts[:, 0], features[:, 0, 0, 0])


@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_the_lesson_tells_what_can_be_told(spread: float) -> None:
    """Five captions whose pictures scatter around means: all but the scatter is learnt."""
    torch.manual_seed(0)
    captions = torch.randn(5, TEXT_WIDTH)
    means = torch.randn(5, LAYOUT["channels"], SIDE, SIDE)
    which = torch.randint(5, (2000,))
    features = means[which] + spread * torch.randn(2000, *means.shape[1:])
    lookup = TextLayout(TEXT_WIDTH, **LAYOUT, out_channels=3, levels=()).lookup
    told = teach(lookup, captions[which].half(), features.half(), epochs=8)
    variance = means[:, :3].var(0, correction=0).mean().item()
    assert told == pytest.approx(variance / (variance + spread**2), abs=0.05)
    assert (lookup(captions) - means).square().mean() < 0.05

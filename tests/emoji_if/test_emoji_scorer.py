"""The scorer's loss, and retrieval by it."""

from __future__ import annotations

import torch
from tests.helpers.tiny_if import tiny_tokenizer

from emoji_if.judging import contrastive, nearest
from emoji_if.scorer_training import disturbed
from fwd_report.models.towers import Towers, TowersScorer


def test_the_loss_is_least_where_the_same_things_meet() -> None:
    things = torch.tensor([0, 1, 0])
    basis = torch.eye(2)
    together = contrastive(basis[things], basis[things], things, torch.tensor(3.0))
    apart = contrastive(basis[things], basis[1 - things], things, torch.tensor(3.0))
    assert together < apart


def test_pictures_are_disturbed_where_they_are() -> None:
    assert disturbed(torch.zeros(2, 3, 64, 64, device="meta")).device.type == "meta"


@torch.no_grad()
def test_every_name_is_compared_with() -> None:
    torch.manual_seed(0)
    towers = Towers(60, width=16, channels=(8, 8, 16, 16)).eval()
    scorer = TowersScorer(towers, tiny_tokenizer())
    names = ["a dog", "a man", "a skull"]
    pictures = torch.randn(300, 3, 64, 64)
    cosines = scorer.images(pictures) @ scorer.texts(names).T
    assert torch.equal(nearest(scorer, pictures, names), cosines.argmax(1))

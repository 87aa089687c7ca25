"""The scorer's towers, loss and files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from emoji_if.drawings import DataError
from emoji_if.networks import train_tokenizer
from emoji_if.scorer import Scorer, contrastive, retrieval, tokenise


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    torch.manual_seed(0)
    return Scorer(200, width=16, channels=(8, 8, 16, 16)).eval()


@torch.no_grad()
def test_both_towers_give_unit_vectors_at_any_size(scorer: Scorer) -> None:
    looked = scorer.images(torch.randn(2, 3, 256, 256))
    read = scorer.texts(torch.tensor([[5, 6, 0], [7, 0, 0]]))
    for vectors in (looked, read):
        torch.testing.assert_close(vectors.norm(dim=1), torch.ones(2))


@torch.no_grad()
def test_padding_does_not_change_a_text(scorer: Scorer) -> None:
    short, long = torch.tensor([[5, 6]]), torch.tensor([[5, 6, 0, 0]])
    torch.testing.assert_close(scorer.texts(short), scorer.texts(long))


@torch.no_grad()
def test_round_trip(scorer: Scorer, tmp_path: Path) -> None:
    scorer.save(tmp_path)
    pictures = torch.randn(2, 3, 64, 64)
    again = Scorer.load(tmp_path).images(pictures)
    torch.testing.assert_close(again, scorer.images(pictures), atol=1e-2, rtol=0)


def test_a_missing_scorer_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"config\.json"):
        Scorer.load(tmp_path)


def test_the_loss_is_least_where_the_same_things_meet() -> None:
    things = torch.tensor([0, 1, 0])
    basis = torch.eye(2)
    together = contrastive(basis[things], basis[things], things, torch.tensor(3.0))
    apart = contrastive(basis[things], basis[1 - things], things, torch.tensor(3.0))
    assert together < apart


def test_retrieval_compares_with_every_name(scorer: Scorer) -> None:
    tokenizer = train_tokenizer(["a dog", "a cat", "an owl"] * 20, size=80)
    names = ["a dog", "a cat", "an owl"]
    pictures = torch.randn(4, 3, 64, 64)
    nearest = (scorer.images(pictures) @ scorer.texts(tokenise(tokenizer, names)).T).argmax(1)
    assert retrieval(scorer, tokenizer, pictures, nearest, names).all()

"""The text encoder's lesson asks the pointer as well: which thing, and which beside it."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from emoji_if.captions import every_caption
from emoji_if.reading import POINTED, SHORT, Reader, told_apart
from emoji_if.stage_networks import train_tokenizer
from emoji_if.things import read_things

THINGS = [thing for thing in read_things() if "place" in thing.traits][:3]
SURE = 30.0


@pytest.fixture(scope="module")
def reader() -> Reader:
    torch.manual_seed(0)
    return Reader(train_tokenizer(every_caption(tuple(THINGS)), 400), len(THINGS)).eval()


def pointing_at(reader: Reader, monkeypatch: pytest.MonkeyPatch, things: list[list[int]]) -> None:
    logits = SURE * F.one_hot(torch.tensor(things), 1 + len(THINGS)).float()
    monkeypatch.setattr(reader.pointer, "forward", lambda said: logits)


def test_both_things_are_asked_for(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = dict(zip(POINTED, (torch.tensor([1, 2]), torch.tensor([3, 0])), strict=True))

    def loss(*things: list[int]) -> float:
        pointing_at(reader, monkeypatch, list(things))
        return reader.loss(["a dog and a mouse", "a cat"], asked, SHORT).item()

    right = loss([1, 3], [2, 0])
    assert loss([2, 3], [2, 0]) == pytest.approx(right + SURE / 2, rel=1e-4)  # one of two captions
    assert loss([1, 3], [2, 1]) == pytest.approx(right + SURE / 2, rel=1e-4)
    assert loss([3, 1], [2, 0]) == pytest.approx(right + SURE, rel=1e-4)


def test_the_lesson_reaches_pointer_and_encoder(reader: Reader) -> None:
    """The pointer's part of the loss alone: the answers at the positions are asked nothing."""
    said = reader.read(["a dog and a mouse"], SHORT)
    pointed = reader.pointer(said)[0]
    F.cross_entropy(pointed, torch.tensor([1, 3])).backward()
    for part in (reader.pointer, reader.encoder.encoder.block):
        assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in part.parameters())
    reader.zero_grad()


def test_a_caption_counts_as_pointed_if_both_slots_are_right(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 24
    pointing_at(reader, monkeypatch, [[1, 0]] * count)
    told = told_apart(reader, THINGS, count)
    assert 0 < told["pointed"] < 1  # captions of the first thing, alone
    assert told["pointed at two"] == 0

"""What the scorer is asked, and retrieval by it."""

from __future__ import annotations

import numpy as np
import torch
from tests.helpers.tiny_if import tiny_tokenizer

from emoji_if.judging import nearest
from emoji_if.scorer_training import asked_for
from emoji_if.things import read_things
from fwd_report.models.towers import Towers, TowersScorer


def test_a_caption_asks_for_the_thing_alone() -> None:
    things, rng = read_things(), np.random.default_rng(0)
    for thing in (0, len(things) - 1):
        asked = {asked_for(thing, things, rng) for _ in range(60)}
        assert len(asked) > 5
        nouns = {word.split()[-1] for word in things[thing].words}
        assert all(any(noun in caption for noun in nouns) for caption in asked)


@torch.no_grad()
def test_every_name_is_compared_with() -> None:
    torch.manual_seed(0)
    towers = Towers(60, width=16, channels=(8, 8, 16, 16)).eval()
    scorer = TowersScorer(towers, tiny_tokenizer())
    names = ["a dog", "a man", "a skull"]
    pictures = torch.randn(300, 3, 64, 64)
    cosines = scorer.images(pictures) @ scorer.texts(names).T
    assert torch.equal(nearest(scorer, pictures, names), cosines.argmax(1))

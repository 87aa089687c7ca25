"""Captions and vocabulary say what the assignment asks for."""

from __future__ import annotations

import numpy as np
import pytest

from emoji_if.captions import ANYTHING, MEDIA, NO_CAPTION, caption, every_caption
from emoji_if.media import FILTERS
from emoji_if.report import ASSIGNMENT
from emoji_if.scenes import SCENES
from emoji_if.vocabulary import STARTER, everything, with_article, words


def test_every_prompt_of_the_assignment_is_a_caption() -> None:
    captions = {*every_caption(STARTER), "", "a high quality photo"}
    assert set(ASSIGNMENT) <= captions


def test_media_shares_are_a_distribution() -> None:
    assert sum(share for share, _ in MEDIA.values()) == pytest.approx(1)
    assert MEDIA.keys() == FILTERS.keys() == ANYTHING.keys()


def test_captions_are_dropped_as_often_as_guidance_needs() -> None:
    rng = np.random.default_rng(0)
    drawn = [caption(STARTER[0], "oil", rng) for _ in range(4000)]
    assert drawn.count("") / len(drawn) == pytest.approx(NO_CAPTION, abs=0.02)
    assert 0 < drawn.count("a high quality photo") < 300


def test_a_caption_that_is_not_vague_names_the_thing() -> None:
    rng = np.random.default_rng(0)
    nouns = [phrase.split()[-1] for phrase in STARTER[-1].words]
    for _ in range(100):
        text = caption(STARTER[-1], "photo", rng, vague=False)
        assert text.split()[-1] in nouns


def test_things_have_distinct_names_and_a_way_to_be_drawn() -> None:
    names = [thing.name for thing in STARTER]
    assert len(set(names)) == len(names)
    for thing in STARTER:
        assert bool(thing.icons) != (thing.scene in SCENES)


def test_the_full_vocabulary_keeps_the_starter_first_and_each_phrase_once() -> None:
    icons = {"rocket": 7, "zebra": 4, "rare-thing": 2}
    things = everything(icons, {"zebra": ("zebra", "stripe")})
    assert tuple(things[: len(STARTER)]) == STARTER
    assert [thing.words for thing in things[len(STARTER) :]] == [("a zebra", "a stripe")]


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [("Owl", "an owl"), ("zebra", "a zebra"), ("glasses", "glasses"), ("dress", "a dress")],
)
def test_articles(phrase: str, expected: str) -> None:
    assert with_article(phrase) == expected


def test_words_are_runs_of_letters() -> None:
    assert words(["A man's hat", "a dog"]) == ["a", "dog", "hat", "man", "s"]

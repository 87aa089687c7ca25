"""The vocabulary has what is asked for; captions say what is shown and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emoji_if.backdrops import BACKDROPS
from emoji_if.captions import (
    ANYTHING,
    ASKED,
    ASKED_MORE,
    COLOURS,
    EVERYDAY,
    KINDS,
    MEDIA,
    NO_CAPTION,
    NO_THING,
    PLACES,
    UNTOLD_EVERYDAY,
    Clarity,
    Plan,
    Shown,
    adjective,
    caption,
    every_caption,
)
from emoji_if.media import FILTERS
from emoji_if.reading import answers
from emoji_if.retrieval import ASSIGNMENT
from emoji_if.scenes import SCENES
from emoji_if.things import Thing, read_things, words

THINGS = read_things()
KNOWN = set(words(every_caption(THINGS)))
DOG = next(i for i, thing in enumerate(THINGS) if thing.name == "a dog")
OWL = next(i for i, thing in enumerate(THINGS) if thing.name == "an owl")


def test_at_least_two_hundred_names() -> None:
    names = [phrase for thing in THINGS for phrase in thing.words]
    assert len(THINGS) >= 200
    assert len(set(names)) == len(names)


def test_every_thing_has_one_way_to_be_drawn() -> None:
    for thing in THINGS:
        assert bool(thing.icons) != (thing.scene in SCENES), thing.name
        assert set(thing.faces) <= set(thing.icons)


@pytest.mark.parametrize(
    "prompt",
    [
        *(prompt for prompt in ASSIGNMENT if prompt),
        "a photo of a hipster barista",
        "a photo of a programmer",
        "the face of a programmer",
        "a photo of a muffin",
        "a photo of a chihuahua",
        "a photo of karaage",
        "a photo of poodles",
        "a picture of a concert",
        "a picture of sunset",
        "tornado in a desert",
        "sunset in a desert",
        "a bar with dim lighting",
        "a photo of a wine glass",
        "a photo of a dress",
        "a photo of the amalfi cost",
        "a lithogram of waterfalls",
        "a blue car",
        "a sketch of a house",
        "a cat and a dog",
        "a dog on a beach",
        "a watercolor of an owl",
    ],
)
def test_the_words_of_prompts_are_known(prompt: str) -> None:
    assert set(words([prompt])) <= KNOWN


def test_an_unknown_word_stays_unknown() -> None:
    assert not {"xylophone", "carburettor"} & KNOWN


def test_shares_are_distributions() -> None:
    assert sum(share for share, _ in MEDIA.values()) == pytest.approx(1)
    assert sum(KINDS.values()) == pytest.approx(1)
    assert MEDIA.keys() == FILTERS.keys() == ANYTHING.keys()
    assert PLACES.keys() == BACKDROPS.keys()


def test_captions_are_dropped_as_often_as_guidance_needs() -> None:
    rng, plan = np.random.default_rng(0), Plan(THINGS)
    drawn = [plan.draw(rng) for _ in range(8000)]
    silent = [shown for shown in drawn if shown.clarity is Clarity.nothing]
    vague = [shown for shown in drawn if shown.clarity is Clarity.anything]
    assert len(silent) / len(drawn) == pytest.approx(NO_CAPTION, abs=0.02)
    assert len(vague) / len(drawn) == pytest.approx(NO_THING, abs=0.015)
    assert all(shown.clean and shown.second is None for shown in silent + vague)
    everyday = sum(shown.medium in ("plain", "photo") for shown in silent)
    assert everyday / len(silent) > 0.7


def test_a_caption_that_names_nothing_shows_an_everyday_thing() -> None:
    everyday = [i for i, thing in enumerate(THINGS) if {*thing.words} & {*EVERYDAY}]
    assert len(everyday) == len(EVERYDAY)
    rng, plan = np.random.default_rng(0), Plan(THINGS)
    drawn = [plan.draw(rng) for _ in range(8000)]
    vague = {shown.thing for shown in drawn if shown.clarity is Clarity.anything}
    assert vague == set(everyday)
    silent = [shown.thing in everyday for shown in drawn if shown.clarity is Clarity.nothing]
    told = UNTOLD_EVERYDAY
    assert sum(silent) / len(silent) == pytest.approx(told + (1 - told) * 0.12, abs=0.06)
    assert {shown.thing for shown in drawn if shown.clarity is Clarity.nothing} > vague


def test_where_none_is_listed_any_thing_is_an_everyday_one() -> None:
    few = [thing for thing in THINGS if not {*thing.words} & {*EVERYDAY}][:3]
    rng, plan = np.random.default_rng(0), Plan(few)
    assert {plan.draw(rng).thing for _ in range(300)} == {0, 1, 2}


def test_what_every_reader_sees_first_is_drawn_more_often() -> None:
    asked = [i for i, thing in enumerate(THINGS) if {*thing.words} & {*ASKED}]
    assert len(asked) == len(ASKED)
    assert not any(THINGS[i].scene for i in asked), "a scene has a weight of its own"
    plan, rng = Plan(THINGS, vague=False), np.random.default_rng(0)
    drawn = [plan.draw(rng).thing for _ in range(20_000)]
    plain = [i for i, thing in enumerate(THINGS) if not thing.scene and i not in asked]
    often, seldom = (sum(drawn.count(i) for i in some) / len(some) for some in (asked, plain))
    assert often / seldom == pytest.approx(ASKED_MORE, rel=0.15)


def test_a_plan_that_is_not_vague_names_every_thing() -> None:
    rng, plan = np.random.default_rng(0), Plan(THINGS, vague=False)
    drawn = [plan.draw(rng) for _ in range(500)]
    assert {shown.clarity for shown in drawn} == {Clarity.full}
    assert all(caption(shown, THINGS, rng) for shown in drawn)


def test_a_caption_says_what_is_shown_and_nothing_else() -> None:
    rng, plan = np.random.default_rng(1), Plan(THINGS)
    places = {phrase: place for place, said in PLACES.items() for phrase in said}
    for _ in range(1000):
        shown = plan.told(int(rng.integers(len(THINGS))), "plain", rng)
        text = caption(shown, THINGS, rng)
        assert (shown.colour is not None) == (
            any(colour in text.split() for colour in COLOURS)
            and not any(colour in " ".join(THINGS[shown.thing].words) for colour in COLOURS)
        ) or any(colour in " ".join(t.words) for colour in COLOURS for t in _named(shown))
        if shown.place:
            assert any(text.endswith(phrase) for phrase in PLACES[shown.place])
            assert places[next(p for p in places if text.endswith(p))] == shown.place


def _named(shown: Shown) -> list[Thing]:
    return [THINGS[number] for number in (shown.thing, shown.second) if number is not None]


def test_phrases_of_what_is_shown() -> None:
    rng = np.random.default_rng(0)

    def said(shown: Shown) -> set[str]:
        return {caption(shown, THINGS, rng) for _ in range(400)}

    assert "a blue dog" in said(Shown(DOG, "plain", colour="blue"))
    assert "an orange owl" in said(Shown(OWL, "plain", colour="orange"))
    assert "a dog and an owl" in said(Shown(DOG, "plain", second=OWL))
    assert "a dog on a beach" in said(Shown(DOG, "plain", place="beach"))
    assert "the face of a dog" in said(Shown(DOG, "plain", face=True))
    assert "a dog wearing a crown" in said(Shown(DOG, "plain", face=True, worn="crown"))
    assert "a tiny owl" in said(Shown(OWL, "plain", size="small"))
    assert "an oil painting of an owl" in said(Shown(OWL, "oil"))
    assert said(Shown(OWL, "oil", clarity=Clarity.nothing)) == {""}
    assert said(Shown(OWL, "oil", clarity=Clarity.anything)) == set(ANYTHING["oil"])


@pytest.mark.parametrize(
    ("word", "phrase", "expected"),
    [
        ("blue", "an owl", "a blue owl"),
        ("orange", "a car", "an orange car"),
        ("red", "grapes", "red grapes"),
        ("white", "the moon", "the white moon"),
    ],
)
def test_adjectives(word: str, phrase: str, expected: str) -> None:
    assert adjective(word, phrase) == expected


def test_the_lesson_asks_for_what_the_caption_says() -> None:
    shown = Shown(DOG, "oil", second=OWL, place="beach")
    said = answers(shown, len(THINGS))
    assert said["thing"] == DOG + 1
    assert said["second"] == OWL + 1
    assert said["place"] > 0
    assert said["colour"] == said["size"] == said["worn"] == 0
    vague = answers(replace(shown, clarity=Clarity.anything), len(THINGS))
    assert vague["medium"] == said["medium"]
    assert vague["thing"] == vague["place"] == 0
    assert not any(answers(replace(shown, clarity=Clarity.nothing), len(THINGS)).values())


def test_words_are_runs_of_letters() -> None:
    assert words(["A man's hat", "a dog"]) == ["a", "dog", "hat", "man", "s"]

"""What a picture shows, and the captions that say so.

`Shown` is drawn first; the picture is painted from it and the caption phrased from it. Captions may
leave out what the picture shows, but never the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.random import Generator

from emoji_if.things import Thing

MEDIA: dict[str, tuple[float, tuple[str, ...]]] = {
    "plain": (
        0.36,
        ("{}", "{}", "{}", "a picture of {}", "an image of {}", "a drawing of {}", "an icon of {}"),
    ),
    "photo": (0.24, ("a photo of {}", "a photo of {}", "a high quality photo of {}")),
    "oil": (0.14, ("an oil painting of {}", "an oil painting of {}", "a painting of {}")),
    "lithograph": (
        0.12,
        ("a lithograph of {}", "a lithograph of {}", "a lithogram of {}", "an engraving of {}"),
    ),
    "sketch": (0.05, ("a sketch of {}", "a line drawing of {}", "a pencil drawing of {}")),
    "watercolour": (0.04, ("a watercolor of {}", "a watercolour of {}")),
    "monochrome": (0.03, ("a black and white photo of {}", "an old photo of {}")),
    "pixel": (0.02, ("a pixel icon of {}", "pixel art of {}")),
}
"""Medium: its share of the drawings, and its phrasings."""

ANYTHING: dict[str, tuple[str, ...]] = {
    "plain": ("a high quality picture", "a drawing", "a picture", "an emoji"),
    "photo": ("a high quality photo", "a high quality photo", "a high-quality photo", "a photo"),
    "oil": ("an oil painting", "a painting"),
    "lithograph": ("a lithograph", "an engraving"),
    "sketch": ("a sketch", "a line drawing"),
    "watercolour": ("a watercolor", "a watercolour"),
    "monochrome": ("a black and white photo", "an old photo"),
    "pixel": ("pixel art", "a pixel icon"),
}
"""Captions that say nothing about the thing."""

COLOURS = (
    *("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown"),
    *("black", "white", "gray"),
)

SIZES = {"small": ("small", "tiny", "little"), "big": ("big", "large", "huge")}

WORN = {"top-hat": ("a hat", "a top hat"), "crown": ("a crown",)}
"""Icon of what a face may wear: its phrases."""

PLACES: dict[str, tuple[str, ...]] = {
    "desert": ("in a desert", "in the desert"),
    "beach": ("on a beach", "on the beach"),
    "sea": ("on the sea", "at sea"),
    "forest": ("in a forest", "in the forest"),
    "night": ("at night", "under the stars"),
    "meadow": ("in a meadow", "on the grass", "in a field"),
    "street": ("on a street", "in the street"),
    "snow": ("in the snow", "on snow"),
    "mountains": ("in the mountains",),
    "lake": ("by a lake",),
    "bar": ("in a bar",),
    "concert": ("on a stage", "at a concert"),
    "space": ("in space", "on the moon"),
    "underwater": ("under water",),
    "room": ("in a room", "on a table"),
}
"""Backdrop of `backdrops`: what is said of a thing that stands in it."""


class Clarity(StrEnum):
    """How much a caption is to say: nothing, that it is a picture, or what it shows."""

    nothing = "nothing"
    anything = "anything"
    full = "full"


@dataclass(frozen=True)
class Shown:
    """What a picture shows: `thing` and `second`, left and right, in a medium, perhaps in a place.

    thing and second number the vocabulary. clean: well placed on a calm ground, as what is drawn
    for an empty prompt should be.
    """

    thing: int
    medium: str
    second: int | None = None
    place: str | None = None
    colour: str | None = None
    size: str | None = None
    worn: str | None = None
    face: bool = False
    clean: bool = False
    clarity: Clarity = Clarity.full


NO_CAPTION = 0.12
NO_THING = 0.07
KINDS = {
    "alone": 0.6,
    "coloured": 0.1,
    "sized": 0.04,
    "face": 0.03,
    "placed": 0.12,
    "two": 0.08,
    "worn": 0.03,
}
"""Kind of picture with a caption: its share. A kind the drawn thing does not allow is `alone`."""

CLEAN = 0.6
"""How often what its caption describes is well placed on a calm ground."""

ASKED = (
    *("a dog", "a cat", "a lion", "a tiger", "a bear", "a man", "a skull"),
    *("a rocket ship", "a pencil", "a fir tree", "a wine glass", "a dress"),
)
"""Things that the starter's report asks for and no scene shows."""

ASKED_MORE = 2.5
"""How much more often they are drawn than others: every reader sees them first."""

EVERYDAY = (
    *("a dog", "a cat", "a panda", "a fox", "an owl", "a penguin", "a turtle", "a fish"),
    *("a butterfly", "a sunflower", "an apple", "a strawberry", "a mushroom", "a house"),
    *("a car", "a sailboat", "an island", "a beach"),
)
"""What is drawn where a caption names nothing: a mixture of all things would be drawn as a blot."""

UNTOLD_EVERYDAY = 0.8
"""How often the empty caption's picture shows one of them: guidance needs the others as well, but
at one half, the empty prompt drew blots."""


class Plan:
    """Draws what to show."""

    def __init__(self, things: Sequence[Thing], vague: bool = True) -> None:
        """vague: whether some captions are to say less than the picture shows, or nothing."""
        self.things = things
        self.vague = vague
        weights = np.array(
            [thing.weight * (ASKED_MORE if among(thing, ASKED) else 1) for thing in things]
        )
        self._weights = weights / weights.sum()
        self._media = list(MEDIA)
        shares = np.array([share for share, _ in MEDIA.values()])
        self._shares = shares / shares.sum()
        everyday = [i for i, thing in enumerate(things) if among(thing, EVERYDAY)]
        self._everyday = everyday or list(range(len(things)))
        self._placeable = [i for i, thing in enumerate(things) if "place" in thing.traits]

    def draw(self, rng: Generator) -> Shown:
        """One random picture's content.

        A picture without caption is mostly one clean thing in an everyday medium: that is what the
        empty prompt, and so all guidance, starts from. One with a vague caption shows one of
        `EVERYDAY`.
        """
        chance = rng.random() if self.vague else 1.0
        thing, medium = self._thing(rng), str(rng.choice(self._media, p=self._shares))
        if chance < NO_CAPTION:
            if rng.random() < 0.85:
                medium = "photo" if rng.random() < 0.6 else "plain"
            if rng.random() < UNTOLD_EVERYDAY:
                thing = int(rng.choice(self._everyday))
            return Shown(thing, medium, clean=True, clarity=Clarity.nothing)
        if chance < NO_CAPTION + NO_THING:
            medium = "photo" if rng.random() < 0.6 else medium
            thing = int(rng.choice(self._everyday))
            return Shown(thing, medium, clean=True, clarity=Clarity.anything)
        return self.told(thing, medium, rng)

    def told(self, thing: int, medium: str, rng: Generator, kind: str | None = None) -> Shown:
        """A picture of the thing in the medium, alone or not, that its caption is to describe.

        kind: one of `KINDS`, drawn by their shares if None.
        """
        shown = Shown(thing, medium, clean=bool(rng.random() < CLEAN))
        traits = self.things[thing].traits
        kind = kind or str(rng.choice(list(KINDS), p=list(KINDS.values())))
        place = str(rng.choice(list(PLACES)))
        if kind == "coloured" and "colours" in traits and _colourless(self.things[thing]):
            colourful = medium not in ("lithograph", "sketch", "monochrome")
            return replace(shown, colour=str(rng.choice(COLOURS))) if colourful else shown
        if kind == "sized" and "place" in traits:
            return replace(shown, size=str(rng.choice(list(SIZES))))
        if kind == "face" and self.things[thing].faces:
            return replace(shown, face=True)
        if kind == "worn" and self.things[thing].faces:
            return replace(shown, face=True, worn=str(rng.choice(list(WORN))))
        if kind == "placed" and traits & {"place", "aloft"}:
            return replace(shown, place=place)
        if kind == "two" and "place" in traits:
            second = int(rng.choice(self._placeable))
            if second != thing:
                return replace(shown, second=second, place=place if rng.random() < 0.3 else None)
        return shown

    def _thing(self, rng: Generator) -> int:
        return int(rng.choice(len(self.things), p=self._weights))


def among(thing: Thing, phrases: Sequence[str]) -> bool:
    """Whether one of the phrases names the thing."""
    return not set(phrases).isdisjoint(thing.words)


NO_MEDIUM = 0.05
"""How often a caption does not name the medium that is not plain."""


def caption(shown: Shown, things: Sequence[Thing], rng: Generator) -> str:
    """One caption of what is shown, in one of its phrasings."""
    if shown.clarity is Clarity.nothing:
        return ""
    if shown.clarity is Clarity.anything:
        return str(rng.choice(ANYTHING[shown.medium]))
    said = _said(shown, things, rng)
    if rng.random() < NO_MEDIUM:
        return said
    return str(rng.choice(MEDIA[shown.medium][1])).format(said)


def _said(shown: Shown, things: Sequence[Thing], rng: Generator) -> str:
    said = _phrase(things[shown.thing], rng, bool(shown.colour))
    if shown.colour or shown.size:
        word = shown.colour or str(rng.choice(SIZES[str(shown.size)]))
        said = adjective(word, said)
    if shown.worn:
        how = str(rng.choice(("wearing", "with")))
        said = f"{said} {how} {rng.choice(WORN[shown.worn])}"
    elif shown.face:
        said = f"the face of {said}" if rng.random() < 0.6 else f"{said}'s face"
    if shown.second is not None:
        link = str(rng.choice(("and", "and", "next to", "beside")))
        said = f"{said} {link} {_phrase(things[shown.second], rng)}"
    if shown.place:
        said = f"{said} {rng.choice(PLACES[shown.place])}"
    return said


def _colourless(thing: Thing) -> list[str]:
    """The thing's phrases that name no colour, to which one can be added."""
    return [phrase for phrase in thing.words if not set(COLOURS) & set(phrase.split())]


def _phrase(thing: Thing, rng: Generator, colourless: bool = False) -> str:
    """The thing's first phrase half of the time, any of them otherwise, at times no article."""
    words = _colourless(thing) if colourless else thing.words
    phrase = words[0] if rng.random() < 0.5 else str(rng.choice(words))
    if rng.random() < 0.12:
        phrase = re.sub(r"^(an?|the) ", "", phrase)
    return phrase


def adjective(word: str, phrase: str) -> str:
    """`phrase` with an adjective before its noun: "an owl" and "blue" make "a blue owl"."""
    article, space, noun = phrase.partition(" ")
    if article in ("a", "an"):
        return f"{'an' if word[0] in 'aeiou' else 'a'} {word} {noun}"
    return f"the {word} {noun}" if article == "the" and space else f"{word} {phrase}"


def every_caption(things: Sequence[Thing]) -> Iterator[str]:
    """Captions that between them have every word and every phrase that can occur."""
    for thing in things:
        yield from thing.words
    for _, phrasings in MEDIA.values():
        for number, phrasing in enumerate(dict.fromkeys(phrasings)):
            for thing in things[number % 3 :: 3]:
                yield phrasing.format(thing.name)
    for phrasings in ANYTHING.values():
        yield from phrasings
    for colour in COLOURS:
        for thing in things[::5]:
            yield adjective(colour, thing.name)
    extras = (*SIZES["small"], *SIZES["big"])
    for thing, word in zip(things, extras * len(things), strict=False):
        yield adjective(word, thing.name)
    for said in (*PLACES.values(), *WORN.values()):
        for end in said:
            for link in ("and", "next to", "beside", "wearing", "with", "the face of"):
                yield f"{link} {end}"
    for thing in things:
        if thing.faces:
            yield f"{thing.name}'s face"

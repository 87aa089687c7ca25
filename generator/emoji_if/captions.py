"""Captions in many phrasings: what a thing is called, and in which medium it is shown."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from emoji_if.vocabulary import Thing

MEDIA: dict[str, tuple[float, tuple[str, ...]]] = {
    "plain": (
        0.36,
        ("{}", "{}", "{}", "a picture of {}", "an image of {}", "a drawing of {}", "an icon of {}"),
    ),
    "photo": (0.22, ("a photo of {}", "a photo of {}", "a high quality photo of {}")),
    "oil": (0.18, ("an oil painting of {}", "an oil painting of {}", "a painting of {}")),
    "lithograph": (0.14, ("a lithograph of {}", "a lithograph of {}", "an engraving of {}")),
    "sketch": (0.06, ("a sketch of {}", "a line drawing of {}")),
    "pixel": (0.04, ("a pixel icon of {}", "pixel art of {}")),
}
"""Medium: its share of the drawings, and its phrasings."""

ANYTHING: dict[str, tuple[str, ...]] = {
    "plain": ("a high quality picture", "a drawing", "a picture"),
    "photo": ("a high quality photo", "a high quality photo", "a photo"),
    "oil": ("an oil painting",),
    "lithograph": ("a lithograph",),
    "sketch": ("a sketch",),
    "pixel": ("pixel art",),
}
"""Captions that say nothing about the thing."""

NO_CAPTION = 0.12
NO_THING = 0.07


def caption(thing: Thing, medium: str, rng: np.random.Generator, vague: bool = True) -> str:
    """One caption of a drawing: thing and medium; if `vague`, at times neither.

    An empty caption trains the unconditional half of classifier-free guidance; "a high quality
    photo", the assignment's prompt for anything at all, may stand for any drawing.
    """
    chance = rng.random() if vague else 1.0
    if chance < NO_CAPTION:
        return ""
    if chance < NO_CAPTION + NO_THING:
        if rng.random() < 0.5:
            return "a high quality photo"
        return str(rng.choice(ANYTHING[medium]))
    return str(rng.choice(MEDIA[medium][1])).format(_phrase(thing, rng))


def _phrase(thing: Thing, rng: np.random.Generator) -> str:
    """The thing's first phrase half of the time, any of them otherwise, at times no article."""
    phrase = thing.name if rng.random() < 0.5 else str(rng.choice(thing.words))
    if rng.random() < 0.15:
        phrase = phrase.removeprefix("a ").removeprefix("an ").removeprefix("the ")
    return phrase


def every_caption(things: tuple[Thing, ...]) -> Iterator[str]:
    """All captions that can occur, without the dropped articles."""
    for _, phrasings in MEDIA.values():
        for thing in things:
            for phrasing in dict.fromkeys(phrasings):
                for phrase in thing.words:
                    yield phrasing.format(phrase)
    for phrasings in ANYTHING.values():
        yield from phrasings

"""The things the model can draw, and the words for each.

A thing is drawn either from icons (one per icon set) or by a procedural scene. The starter
vocabulary covers the assignment's prompts; the full one is every emoji the icon sets share.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SHARED_BY = 3
"""The fewest icon sets that must draw a thing of the full vocabulary."""

MOST_PHRASES = 5


@dataclass(frozen=True)
class Thing:
    """One thing: `words` are its noun phrases, best first; `icons` the icon names that show it.

    With no icons, `scene` names the function of `scenes` that paints it. weight is how often it
    is drawn relative to the others. without: icon sets that draw it unlike the others do (the
    other way round, dark instead of light): a small network would blend the two.
    """

    words: tuple[str, ...]
    icons: tuple[str, ...] = ()
    scene: str | None = None
    weight: float = 1.0
    without: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.words[0]


def _icons(icons: str, *words: str, weight: float = 1.0, without: str = "") -> Thing:
    return Thing(words, tuple(icons.split()), weight=weight, without=tuple(without.split()))


def _scene(scene: str, *words: str, weight: float = 2.0) -> Thing:
    return Thing(words, scene=scene, weight=weight)


STARTER: tuple[Thing, ...] = (
    _scene("man_with_hat", "a man wearing a hat", "a man with a hat", "a man in a top hat"),
    _scene("village", "a snowy mountain village", "a village in the snow", "a snowy village"),
    _scene("campfire", "people around a campfire", "a campfire", "people at a fire", weight=2.5),
    _scene("waterfalls", "waterfalls", "a waterfall", weight=2.5),
    _scene("coast", "the amalfi coast", "the amalfi cost", "a coast", "a seaside town"),
    _scene("lighthouse", "a lighthouse", "a lighthouse by the sea", weight=1.0),
    _icons("rocket", "a rocket ship", "a rocket", "a spaceship", weight=2.0, without="noto-v1"),
    _scene("old_man", "an old man", "a grandfather", "an elderly man", weight=3.0),
    _icons("man", "a man", "a man's face"),
    _icons("skull", "a skull", "a human skull", weight=2.5, without="noto-v1 emojione"),
    _icons("dog-face", "a dog", "a puppy", "a dog's face", weight=2.0, without="noto-v1 fxemoji"),
    _icons("cat-face", "a cat", "a kitten", "a cat's face"),
    _icons("pencil", "a pencil", "a yellow pencil", weight=2.5, without="noto noto-v1 twemoji"),
    _icons("castle", "a castle", "a fortress"),
    _icons("tokyo-tower", "a tower", "a red tower"),
    _icons("house", "a house", "a home", "a cottage"),
    _icons("evergreen-tree", "a fir tree", "a pine tree", "an evergreen tree"),
    _icons("deciduous-tree", "a tree", "an oak tree", "a green tree"),
    _icons("sunflower", "a sunflower", "a yellow flower"),
    _icons("lion", "a lion", "a lion's face"),
    _icons("tiger-face", "a tiger", "a tiger's face"),
    _icons("bear", "a bear", "a teddy bear"),
    _icons("monkey-face", "a monkey", "a monkey's face"),
    _icons("owl", "an owl"),
    _icons("wine-glass", "a wine glass", "a glass of wine", "a glass of red wine"),
    _icons("dress", "a dress", "a gown"),
    _icons("cupcake", "a cupcake", "a muffin"),
    _icons("fountain", "a fountain", "a water fountain"),
    _icons("snow-capped-mountain", "a mountain", "a snowy mountain", "mountains"),
    _icons("sun-with-face", "a sun", "the sun"),
    _icons("sunset", "a sunset", "a sunset over a city", "sunset"),
    _icons("red-apple", "an apple", "a red apple"),
    _icons("sailboat", "a sailboat", "a boat", "a sailing boat"),
    _icons("automobile", "a car", "a red car"),
    _icons("fire", "a fire", "flames"),
)


def everything(icons: Mapping[str, int], keywords: Mapping[str, tuple[str, ...]]) -> list[Thing]:
    """The starter things and every other icon that at least `SHARED_BY` sets draw.

    icons: icon name to the number of sets that have it; keywords: icon name to its CLDR name and
    keywords, where they are known.
    """
    taken = {icon for thing in STARTER for icon in thing.icons}
    named = {phrase for thing in STARTER for phrase in thing.words}
    things = list(STARTER)
    for icon, count in sorted(icons.items()):
        title = icon.replace("-", " ")
        if count < SHARED_BY or icon in taken or with_article(title) in named:
            continue
        phrases = [title, *keywords.get(icon, ())][:MOST_PHRASES]
        free = [p for p in dict.fromkeys(map(with_article, phrases)) if p not in named]
        if free:
            things.append(Thing(tuple(free), (icon,)))
    return things


def with_article(phrase: str) -> str:
    """An article before a lower-cased phrase, none before a plural."""
    phrase = phrase.lower()
    if phrase.endswith("s") and not phrase.endswith("ss"):
        return phrase
    return f"{'an' if phrase[:1] in 'aeiou' else 'a'} {phrase}"


def words(captions: Iterable[str]) -> list[str]:
    """Every word of the captions, lower-case runs of letters, sorted: what the model has read."""
    return sorted({word for text in captions for word in re.findall(r"[^\W\d_]+", text.lower())})

"""The things the model can draw, and the words for each, as `vocabulary.yaml` lists them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

LISTED = Path(__file__).with_name("vocabulary.yaml")


@dataclass(frozen=True)
class Thing:
    """One thing: `words` are its noun phrases, best first; `icons` the icon names that show it.

    faces: those of the icons that show its face. With no icons, `scene` names the function of
    `scenes` that paints it. weight is how often it is drawn relative to the others. without: icon
    sets that draw it unlike the others do (the other way round, dark instead of light): a small
    network would blend the two. traits: see `vocabulary.yaml`.
    """

    words: tuple[str, ...]
    icons: tuple[str, ...] = ()
    faces: tuple[str, ...] = ()
    scene: str | None = None
    weight: float = 1.0
    without: tuple[str, ...] = ()
    traits: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.words[0]


def read_things(path: Path = LISTED) -> tuple[Thing, ...]:
    """Every thing of a vocabulary file, in its order."""
    things = []
    for group in yaml.safe_load(path.read_text("utf-8")).values():
        traits = frozenset(group["traits"])
        for phrases, shown in group.get("things", {}).items():
            faces, bar, others = shown.partition("|")
            parts = (faces if bar else "").split(), (others if bar else faces).split()
            icons = [icon for part in parts for icon in part if not icon.startswith("-")]
            things.append(
                Thing(
                    _phrases(phrases),
                    tuple(icons),
                    tuple(icon for icon in parts[0] if not icon.startswith("-")),
                    without=tuple(p[1:] for part in parts for p in part if p.startswith("-")),
                    traits=traits,
                )
            )
        for phrases, shown in group.get("scenes", {}).items():
            scene, weight = shown.split()
            things.append(
                Thing(_phrases(phrases), scene=scene, weight=float(weight), traits=traits)
            )
    return tuple(things)


def _phrases(listed: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in listed.split(","))


def words(captions: Iterable[str]) -> list[str]:
    """Every word of the captions, lower-case runs of letters, sorted: what the model has read."""
    return sorted({word for text in captions for word in re.findall(r"[^\W\d_]+", text.lower())})


def evenly(count: int, most: int) -> list[int]:
    """Numbers below `count`, all of them or `most`, at distances as even as can be."""
    kept = min(count, most)
    return [i * count // kept for i in range(kept)]

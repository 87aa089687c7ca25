"""How many drawings of an icon set that was not learnt from are given their right name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from emoji_if.captions import MEDIA, Shown
from emoji_if.compose import Composer
from emoji_if.judging import HELD_OUT
from emoji_if.stream import painted


class Answers(NamedTuple):
    """Numbers of names (N,): what pictures show, and what was found, upright and upside down."""

    wanted: Tensor
    upright: Tensor
    upside_down: Tensor

    def only(self, chosen: Tensor) -> Answers:
        """Those of pictures whose thing is chosen; chosen: (things,) bool."""
        return Answers(*(numbers[chosen[self.wanted]] for numbers in self))


def ask(
    find: Callable[[Tensor], Tensor], composer: Composer, name: str = HELD_OUT, each: int = 4
) -> dict[str, Answers]:
    """Medium to answers about one set's drawings, and scenes painted with them.

    find: pictures (N, 3, 64, 64) in [-1, 1] to numbers of names (N,). each: pictures of a thing in
    a medium.
    """
    rng = np.random.default_rng(2)
    alone = Composer(composer.things, {name: composer.drawings[name]})
    answers = {}
    for medium in MEDIA:
        able = [i for i in range(len(composer.things)) if alone.able(Shown(i, medium))]
        wanted = able * each
        shown = painted(alone, [Shown(i, medium) for i in wanted], 64, rng)
        answers[medium] = Answers(torch.tensor(wanted), find(shown), find(shown.flip(2)))
    return answers


def rights(answers: Mapping[str, Answers]) -> dict[str, float]:
    """Which part is right, by medium, upright and upside down, and the mean of the media.

    Upside down, a drawing should not be found: what is found all the same looks the same both
    ways, or is found by its colours, which a flipped picture keeps.
    """
    found = {}
    for medium, told in answers.items():
        for way, seen in (("", told.upright), (" upside down", told.upside_down)):
            found[f"{medium}{way}"] = round((seen == told.wanted).float().mean().item(), 4)
    for way in ("", " upside down"):
        mean = np.mean([found[f"{medium}{way}"] for medium in answers])
        found[f"all{way}"] = round(float(mean), 4)
    return found


def confusions(told: Answers, names: Sequence[str]) -> dict[str, int]:
    """What was shown → what was found: of how many pictures, the most frequent first."""
    pairs = zip(told.wanted.tolist(), told.upright.tolist(), strict=True)
    wrong = Counter(f"{names[a]} → {names[b]}" for a, b in pairs if a != b)
    return dict(wrong.most_common())

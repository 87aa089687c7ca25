"""What stage I's gallery shows: every thing, as several icon sets draw it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from emoji_if.canvas import paste
from emoji_if.captions import EVERYDAY, Shown, among
from emoji_if.compose import LEADING, Composer
from emoji_if.drawings import SOLID
from emoji_if.scenes import SCENES
from emoji_if.stage_networks import GALLERY
from emoji_if.things import Thing

SHOWN_FIRST = (LEADING, SOLID, "twemoji", "emojione")
"""The sets that draw nearly every thing; others stand in where one does not."""

WIDTH = 80.0
"""Of a drawing, in percent of its square."""


def drawings_to_show(composer: Composer) -> Tensor:
    """(things, 4 * kept, side, side) uint8, as `TextGallery.drawings`: a thing from several sets.

    A thing that fewer sets draw is drawn by some of them twice; a scene is painted several times.
    """
    rng = np.random.default_rng(5)
    order = [*SHOWN_FIRST, *composer.sets]
    squares = []
    for number, thing in enumerate(composer.things):
        able = sorted(composer.able(Shown(number, "plain")), key=order.index)
        for kept in range(GALLERY["kept"]):
            square = _square(composer, thing, able[kept % len(able)], rng)
            squares.append(_premultiplied(square, GALLERY["side"]))
    drawn: Tensor = torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2)
    return drawn.reshape(len(composer.things), -1, *drawn.shape[2:])


def everyday(things: Sequence[Thing], count: int) -> Tensor:
    """(count,) int64, the numbers of those among `EVERYDAY`; of others if these are fewer."""
    usual = sorted(range(len(things)), key=lambda i: not among(things[i], EVERYDAY))
    return torch.tensor((usual * count)[:count])


def _square(composer: Composer, thing: Thing, name: str, rng: np.random.Generator) -> Image.Image:
    drawings = composer.drawings[name]
    if thing.scene is not None:
        return SCENES[thing.scene](rng, drawings, composer.size)
    square = Image.new("RGBA", (composer.size, composer.size))
    icon = next(icon for icon in thing.icons if icon in drawings)
    paste(square, drawings[icon], (50, 50), WIDTH)
    return square


def _premultiplied(square: Image.Image, side: int) -> np.ndarray:
    """(side, side, 4) uint8, averaged, colours multiplied by opacity."""
    rgba = np.asarray(square, np.float32) / 255
    rgba[..., :3] *= rgba[..., 3:]
    cell = len(rgba) // side
    means: np.ndarray = rgba.reshape(side, cell, side, cell, 4).mean((1, 3))
    return np.round(255 * means).astype(np.uint8)

"""Training pictures: drawings and scenes, placed, lit and put through a medium."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFilter

from emoji_if.backdrops import BACKDROPS, GROUND, GROUND_ELSEWHERE
from emoji_if.canvas import Drawings, paste, svg
from emoji_if.captions import WORN, Shown
from emoji_if.drawings import SOLID, rasterise, read_all, read_set
from emoji_if.media import FILTERS, LUMA
from emoji_if.recolour import recoloured, varied
from emoji_if.scenes import SCENES
from emoji_if.subjects import BARISTAS
from emoji_if.things import Thing

SCENE_ICONS = (
    *("man", "woman", "old-man", "old-woman", "boy", "girl", "top-hat", "evergreen-tree", "fire"),
    "hot-beverage",
)
"""What painted scenes paste; a set without one of them paints none."""

SOLID_PHOTOS = 0.5
"""How often a photo shows the solid set's drawing, where it has one."""

LEADING, LEADS = "noto", 0.55
"""The set that draws most things, and how often it is taken where it can: a small network learns
one drawing of a name before it learns eight, and learns none of eight seen seldom."""

FIRST_ICON = 0.8
"""How often a thing is drawn by its first icon, the one people mean."""

HEADS = {"top-hat": (0.3, 0.9), "crown": (0.4, 0.62)}
"""Of what a face wears: how far its centre is above the face's, and its width, in face widths."""


def load_drawings(
    folder: Path, things: Sequence[Thing], size: int, more: Sequence[str] = ()
) -> dict[str, Drawings]:
    """The drawings that the things need, rasterised: set to icon name to (size, size, 4) uint8.

    more: sets of `JUDGED` to read as well.
    """
    icons = {icon for thing in things for icon in thing.icons}
    icons.update(SCENE_ICONS, WORN, BARISTAS)
    return {
        name: {icon: rasterise(sources[icon], size) for icon in sorted(icons & sources.keys())}
        for name, sources in (
            read_all(folder) | {name: read_set(folder, name) for name in more}
        ).items()
    }


class Composer:
    """Paints what is to be shown, from one icon set a picture."""

    def __init__(
        self, things: Sequence[Thing], drawings: Mapping[str, Drawings], evenly: bool = False
    ) -> None:
        """evenly: take all sets alike, with none that leads."""
        self.things = things
        self.drawings = drawings
        self.evenly = evenly
        self.sets = list(drawings)
        self.size = next(iter(next(iter(drawings.values())).values())).shape[0]

    def able(self, shown: Shown) -> list[str]:
        """The icon sets that draw everything that is shown; never empty for a lone thing."""
        return [name for name in self.sets if self._can(name, shown)]

    def picture(self, shown: Shown, rng: Generator) -> tuple[np.ndarray, Shown, int]:
        """One picture, (size, size, 3) uint8, what it came to show, and the number of its set.

        What no set can show together (two things, a face) is reduced to the thing alone.
        """
        able = self.able(shown)
        if not able:
            shown = Shown(shown.thing, shown.medium, clean=shown.clean, clarity=shown.clarity)
            able = self.able(shown)
        name = str(rng.choice(able))
        if not self.evenly:
            if shown.medium == "photo" and SOLID in able and rng.random() < SOLID_PHOTOS:
                name = SOLID
            elif LEADING in able and rng.random() < LEADS:
                name = LEADING
        image = self._painted(shown, self.drawings[name], rng).convert("RGB")
        pixels = np.asarray(image, np.float32) / 255
        filtered = FILTERS[shown.medium](pixels, rng)
        return np.round(filtered * 255).astype(np.uint8), shown, self.sets.index(name)

    def _can(self, name: str, shown: Shown) -> bool:
        drawings = self.drawings[name]
        if shown.worn and shown.worn not in drawings:
            return False
        both = [shown.thing] if shown.second is None else [shown.thing, shown.second]
        return all(self._draws(name, self.things[thing], shown.face) for thing in both)

    def _draws(self, name: str, thing: Thing, face: bool) -> bool:
        drawings = self.drawings[name]
        if thing.scene is not None:
            return all(icon in drawings for icon in SCENE_ICONS)
        icons = thing.faces if face else thing.icons
        return name not in thing.without and any(icon in drawings for icon in icons)

    def _painted(self, shown: Shown, drawings: Drawings, rng: Generator) -> Image.Image:
        thing = self.things[shown.thing]
        if thing.scene is not None:
            canvas = SCENES[thing.scene](rng, drawings, self.size)
            if "mirror" in thing.traits and rng.random() < 0.5:
                canvas = canvas.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            return canvas
        drawn = self._drawing(shown.thing, shown, drawings, rng)
        if shown.colour:
            drawn = recoloured(drawn, shown.colour)
        if shown.second is not None:
            other = self._drawing(shown.second, shown, drawings, rng)
            return self._side_by_side(shown, drawn, other, rng)
        if shown.place:
            return self._in_place(shown, drawn, rng)
        return self._alone(shown, drawn, drawings, rng)

    def _drawing(self, thing: int, shown: Shown, drawings: Drawings, rng: Generator) -> np.ndarray:
        """One of the thing's icons, in a palette of its own, at times the other way round."""
        listed = self.things[thing].faces if shown.face else self.things[thing].icons
        able = [icon for icon in listed if icon in drawings]
        icon = able[0] if rng.random() < FIRST_ICON else str(rng.choice(able))
        drawn = varied(drawings[icon], rng)
        mirrored = "mirror" in self.things[thing].traits and rng.random() < 0.4
        return drawn[:, ::-1] if mirrored else drawn

    def _alone(
        self, shown: Shown, drawn: np.ndarray, drawings: Drawings, rng: Generator
    ) -> Image.Image:
        canvas = self._ground(shown, _lightness(drawn), rng)
        wide = "wide" in self.things[shown.thing].traits
        if shown.size == "small":
            width = rng.uniform(32, 50)
        elif shown.size == "big":
            width = rng.uniform(106, 130)
        elif wide:
            width = rng.uniform(92, 106)
        else:
            width = rng.uniform(80, 95) if shown.clean else rng.uniform(64, 97)
        room = max(0.0, (100 - width) / 2)
        spread = 2.0 if shown.clean else 2 + room / 2
        x, y = 50 + np.clip(rng.normal(0, spread, 2), -room - 4, room + 4)
        if shown.worn:
            width, y = rng.uniform(56, 68), rng.uniform(60, 66)
        if shown.medium in ("photo", "monochrome"):
            _shadow(canvas, drawn, (x, y), width)
        paste(canvas, drawn, (x, y), width, degrees=0 if wide else rng.normal(0, 4))
        if shown.worn:
            above, size = HEADS[shown.worn]
            paste(canvas, drawings[shown.worn], (x, y - width * (above + 0.22)), width * size)
        return canvas

    def _in_place(self, shown: Shown, drawn: np.ndarray, rng: Generator) -> Image.Image:
        place = str(shown.place)
        canvas = svg(BACKDROPS[place](rng), self.size)
        x, width = rng.uniform(30, 70), rng.uniform(48, 70)
        if "aloft" in self.things[shown.thing].traits and rng.random() < 0.7:
            paste(canvas, drawn, (x, rng.uniform(20, 34)), width * 0.7)
            return canvas
        foot = GROUND.get(place, GROUND_ELSEWHERE) + rng.uniform(-4, 5)
        if place in ("space", "underwater"):
            foot -= rng.uniform(0, 24)
        centre = (x, foot - width / 2)
        if place not in ("space", "underwater", "sea"):
            _contact(canvas, x, foot, width)
        paste(canvas, drawn, centre, width, degrees=rng.normal(0, 2))
        return canvas

    def _side_by_side(
        self, shown: Shown, left: np.ndarray, right: np.ndarray, rng: Generator
    ) -> Image.Image:
        if shown.place:
            canvas = svg(BACKDROPS[shown.place](rng), self.size)
            foot = GROUND.get(shown.place, GROUND_ELSEWHERE)
        else:
            canvas = self._ground(shown, min(_lightness(left), _lightness(right)), rng)
            foot = rng.uniform(70, 84)
        for drawn, middle in ((left, 27), (right, 73)):
            width, x = rng.uniform(42, 54), middle + rng.uniform(-4, 4)
            y = foot + rng.uniform(-3, 3)
            if shown.place or shown.medium in ("photo", "monochrome"):
                _contact(canvas, x, y, width)
            paste(canvas, drawn, (x, y - width / 2), width, degrees=rng.normal(0, 2))
        return canvas

    def _ground(self, shown: Shown, lightness: float, rng: Generator) -> Image.Image:
        """What is behind drawings that stand nowhere in particular."""
        medium = shown.medium
        scenic = {"photo": 0.28, "oil": 0.3, "watercolour": 0.2, "monochrome": 0.2}
        if not shown.clean and rng.random() < scenic.get(medium, 0.0):
            canvas = svg(BACKDROPS[str(rng.choice(list(BACKDROPS)))](rng), self.size)
            return canvas.filter(ImageFilter.GaussianBlur(self.size / rng.uniform(14, 30)))
        return svg(_background(medium, lightness, rng), self.size)


def _lightness(drawing: np.ndarray) -> float:
    """The mean luma of a drawing's visible pixels, in [0, 1]."""
    alpha = drawing[..., 3] / 255
    return float((drawing[..., :3] @ LUMA / 255 * alpha).sum() / max(alpha.sum(), 1))


def _background(medium: str, lightness: float, rng: Generator) -> str:
    """SVG shapes behind a single drawing: white or a soft colour; deeper gradients for media.

    In ink a light drawing gets a dark ground, without which it would have no outline.
    """
    hue, turn = rng.uniform(0, 360), rng.uniform(20, 60)
    if medium == "lithograph" and lightness > 0.7:
        return '<rect width="100" height="100" fill="#222"/>'
    if medium in ("sketch", "lithograph") or (medium == "plain" and rng.random() < 0.45):
        return '<rect width="100" height="100" fill="#fff"/>'
    if medium in ("photo", "monochrome") and rng.random() < 0.35:
        top, light = rng.uniform(58, 76), rng.uniform(58, 88)
        return (
            f'<rect width="100" height="100" fill="hsl({hue},{rng.uniform(8, 40)}%,{light}%)"/>'
            f'<rect y="{top}" width="100" height="50" '
            f'fill="hsl({hue + turn},{rng.uniform(15, 45)}%,{light - rng.uniform(12, 30)}%)"/>'
        )
    saturation, light, depth = {
        "photo": (rng.uniform(20, 60), rng.uniform(70, 92), rng.uniform(6, 24)),
        "monochrome": (20, rng.uniform(55, 90), rng.uniform(6, 30)),
        "oil": (rng.uniform(12, 40), rng.uniform(40, 70), 14),
        "watercolour": (rng.uniform(20, 60), rng.uniform(75, 95), 12),
    }.get(medium, (rng.uniform(40, 90), rng.uniform(66, 95), rng.choice((0, 0, 12))))
    return (
        '<defs><linearGradient id="b" x2="0" y2="1">'
        f'<stop stop-color="hsl({hue},{saturation}%,{light}%)"/>'
        f'<stop offset="1" stop-color="hsl({hue + turn},{saturation}%,{light - depth}%)"/>'
        '</linearGradient></defs><rect width="100" height="100" fill="url(#b)"/>'
    )


def _shadow(
    canvas: Image.Image, drawing: np.ndarray, centre: tuple[float, float], width: float
) -> None:
    """A soft shadow of the drawing, down and right of it."""
    shadow = np.zeros_like(drawing)
    shadow[..., 3] = drawing[..., 3] // 3
    layer = Image.new("RGBA", canvas.size)
    paste(layer, shadow, (centre[0] + 2, centre[1] + 4), width)
    canvas.alpha_composite(layer.filter(ImageFilter.GaussianBlur(canvas.width / 40)))


def _contact(canvas: Image.Image, x: float, foot: float, width: float) -> None:
    """A dark patch on the ground below what stands there."""
    canvas.alpha_composite(
        svg(
            f'<ellipse cx="{x}" cy="{foot - width * 0.03}" rx="{width * 0.36}" '
            f'ry="{width * 0.07}" fill="#000" opacity=".25"/>',
            canvas.width,
        )
    )


def reduced(picture: np.ndarray, size: int) -> np.ndarray:
    """(S, S, 3) uint8 to (size, size, 3) uint8, by averaging."""
    if picture.shape[0] == size:
        return picture
    return np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BOX))

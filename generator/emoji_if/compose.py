"""Training pictures: a drawing or scene, placed, lit and put through a medium."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFilter

from emoji_if.captions import MEDIA
from emoji_if.drawings import rasterise, read_all
from emoji_if.media import FILTERS, LUMA
from emoji_if.scenes import SCENES, Drawings, paste, svg
from emoji_if.vocabulary import Thing

SCENE_ICONS = ("man", "woman", "old-man", "top-hat", "evergreen-tree", "fire", "sailboat")


@dataclass(frozen=True)
class Pool:
    """Pictures kept in memory: images (N, S, S, 3) uint8, and which thing, medium and set each is.

    things, media and sets are (N,) int indices into the vocabulary, `captions.MEDIA` and
    `drawings.SETS`.
    """

    images: np.ndarray
    things: np.ndarray
    media: np.ndarray
    sets: np.ndarray

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, images=self.images, things=self.things, media=self.media, sets=self.sets)

    @classmethod
    def load(cls, path: Path) -> Pool:
        with np.load(path) as arrays:
            return cls(**{name: arrays[name] for name in ("images", "things", "media", "sets")})


def load_drawings(folder: Path, things: Sequence[Thing], size: int) -> dict[str, Drawings]:
    """The drawings that the things need, rasterised: set to icon name to (size, size, 4) uint8."""
    icons = {icon for thing in things for icon in thing.icons} | set(SCENE_ICONS)
    return {
        name: {icon: rasterise(documents[icon], size) for icon in sorted(icons & documents.keys())}
        for name, documents in read_all(folder).items()
    }


def can_show(thing: Thing, name: str, drawings: Drawings) -> bool:
    """Whether the icon set of that name is to draw the thing and has what it needs for it."""
    if thing.scene is not None:
        return all(icon in drawings for icon in SCENE_ICONS)
    return name not in thing.without and any(icon in drawings for icon in thing.icons)


def picture(thing: Thing, medium: str, drawings: Drawings, size: int, rng: Generator) -> np.ndarray:
    """One picture, (size, size, 3) uint8, of a thing in a medium, from one icon set."""
    if thing.scene is not None:
        canvas = SCENES[thing.scene](rng, drawings, size)
    else:
        icon = str(rng.choice([icon for icon in thing.icons if icon in drawings]))
        canvas = svg(_background(medium, _lightness(drawings[icon]), rng), size)
        width, shift = rng.uniform(80, 96), rng.normal(0, 2, 2)
        centre = (50 + shift[0], 50 + shift[1])
        if medium == "photo":
            _shadow(canvas, drawings[icon], centre, width)
        paste(canvas, drawings[icon], centre, width, degrees=rng.normal(0, 3))
    image = np.asarray(canvas.convert("RGB"), np.float32) / 255
    return np.round(FILTERS[medium](image, rng) * 255).astype(np.uint8)


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
    if medium in ("sketch", "lithograph") or (medium in ("plain", "pixel") and rng.random() < 0.5):
        return '<rect width="100" height="100" fill="#fff"/>'
    saturation, light, depth = {
        "photo": (rng.uniform(25, 60), rng.uniform(78, 90), 16),
        "oil": (rng.uniform(12, 40), rng.uniform(45, 68), 14),
    }.get(medium, (rng.uniform(40, 90), rng.uniform(82, 94), 0))
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


def build_pool(
    drawings: Mapping[str, Drawings],
    things: Sequence[Thing],
    count: int,
    size: int,
    seed: int,
    workers: int,
) -> Pool:
    """`count` random pictures of `size` pixels; seed decides all of them, workers none.

    Each is composed at the drawings' own size and then reduced.
    """
    chunk = 500
    jobs = [(min(chunk, count - start), size, seed + start) for start in range(0, count, chunk)]
    with ProcessPoolExecutor(workers, initializer=_share, initargs=(drawings, things)) as executor:
        parts = list(executor.map(_build_part, jobs))
    return Pool(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


_shared: tuple[Mapping[str, Drawings], Sequence[Thing]]
"""What every worker process composes from; set once per process, for it is large."""


def _share(drawings: Mapping[str, Drawings], things: Sequence[Thing]) -> None:
    global _shared
    _shared = drawings, things


def _build_part(job: tuple[int, int, int]) -> tuple[np.ndarray, ...]:
    count, size, seed = job
    drawings, things = _shared
    rng = np.random.default_rng(seed)
    media, sets = list(MEDIA), list(drawings)
    full = next(iter(next(iter(drawings.values())).values())).shape[0]
    shares = np.array([MEDIA[medium][0] for medium in media])
    weights = np.array([thing.weight for thing in things])
    thing_ids = rng.choice(len(things), count, p=weights / weights.sum())
    medium_ids = rng.choice(len(media), count, p=shares / shares.sum())
    set_ids = np.empty(count, np.int64)
    images = np.empty((count, size, size, 3), np.uint8)
    for i, (t, m) in enumerate(zip(thing_ids, medium_ids, strict=True)):
        able = [s for s, name in enumerate(sets) if can_show(things[t], name, drawings[name])]
        set_ids[i] = rng.choice(able)
        large = picture(things[t], media[m], drawings[sets[set_ids[i]]], full, rng)
        images[i] = np.asarray(Image.fromarray(large).resize((size, size), Image.Resampling.BOX))
    return images, thing_ids, medium_ids, set_ids

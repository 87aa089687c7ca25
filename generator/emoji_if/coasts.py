"""A coast with coloured houses; a scene as in `scenes`."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from PIL import Image

from emoji_if.canvas import Drawings
from emoji_if.scenery import SEAS, heavens, land, lit, sailing_boat, veil, waves
from emoji_if.viewfinder import Frame, Painting, pick

FACADES = ("#f6b26b", "#f48fb1", "#fff1c9", "#ef6a5a", "#ffd966", "#ffffff", "#f2a07a", "#e8d3b0")


def coast(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """Coloured houses stacked on steep green land by the sea: a cliff, a slope, a bay, a row."""
    kind = pick(rng, ("cliff", "cliff", "slope", "slope", "bay", "bay", "row"))
    light, sea = lit(rng, 0.6, 0.15, 0.2), pick(rng, SEAS)
    horizon = {"row": rng.uniform(30, 56), "slope": rng.uniform(26, 58)}.get(
        kind, rng.uniform(20, 62)
    )
    painting = Painting(size, Frame.around(rng, (16, 10, 92, 90), 1.3))
    painting.draw(heavens(rng, light, max(horizon * 0.8, 16), 0.55))
    painting.draw(f'<rect y="{horizon}" width="100" height="100" fill="{sea[0]}"/>')
    if rng.random() < 0.5:
        far = horizon - rng.uniform(2, 10) * np.maximum(0, np.sin(np.linspace(0, 3, 9)))
        painting.draw(_headland(far, horizon))
    painting.draw(waves(rng, horizon, sea[1], int(rng.integers(5, 14))))
    for _ in range(rng.integers(0, 3)):
        y = rng.uniform(horizon + 3, max(horizon + 4, 86))
        x = rng.uniform(4, 30) if kind != "bay" else rng.uniform(36, 56)
        painting.draw(sailing_boat(rng, x, y, 5 + (y - horizon) * 0.28))
    painting.draw(_built_up(rng, kind, horizon))
    painting.draw(veil(light, 0.75))
    if rng.random() < 0.3:
        painting.draw(_lemon_tree(rng))
    return painting.finished()


def _headland(heights: np.ndarray, horizon: float) -> str:
    line = "L".join(
        f"{x:.1f} {y:.1f}" for x, y in zip(np.linspace(20, 100, len(heights)), heights, strict=True)
    )
    return f'<path d="M20 {horizon}L{line}L100 {horizon}Z" fill="#6f93a0"/>'


def _built_up(rng: Generator, kind: str, horizon: float) -> str:
    """The land and its houses; mirrored for the other side of a bay."""
    if kind == "row":
        return _harbour(rng, horizon)
    shore = {"cliff": rng.uniform(22, 46), "slope": rng.uniform(-6, 24)}.get(
        kind, rng.uniform(50, 62)
    )
    crest = rng.uniform(2, 26)
    steep = rng.uniform(0.5, 0.85) if kind == "slope" else rng.uniform(0.25, 0.6)
    shapes = _shore(rng, shore, crest, steep, 104)
    if kind == "bay":
        other = _shore(rng, rng.uniform(62, 78), rng.uniform(10, 40), rng.uniform(0.3, 1.0), 104)
        shapes += f'<g transform="translate(100 0) scale(-1 1)">{other}</g>'
        if rng.random() < 0.6:
            sand = 88 - rng.uniform(0, 8) * np.abs(np.linspace(-1, 1, 7))
            shapes += land(sand + rng.uniform(-1, 2), "#ecd8a4")
            if rng.random() < 0.6:
                shapes += _parasols(rng)
    return shapes


def _shore(rng: Generator, left: float, crest: float, steep: float, foot: float) -> str:
    """Land that rises from the water at `left` to a crest on the right, houses all over it."""
    green, rock = pick(
        rng,
        (("#5d8a4a", "#8a7a64"), ("#6f9a55", "#94866f"), ("#4a7a4f", "#77705f")),
    )
    x = np.linspace(left, 101, 9)
    part = (x - left) / (101 - left)
    heights = foot - (foot - crest) * part**steep + rng.uniform(-1.5, 1.5, 9)
    line = "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, heights, strict=True))
    low = "L".join(f"{a - 2:.1f} {b + 7:.1f}" for a, b in zip(x, heights, strict=True))
    shapes = (
        f'<path d="M{left - 4} {foot}L{line}V101Z" fill="{green}"/>'
        f'<path d="M{left - 3} {foot}L{low}V101Z" fill="{rock}" opacity=".55"/>'
    )
    tall = rng.uniform(9, 15)
    from_row = crest + rng.uniform(4, 16)
    for y in np.arange(from_row, 100, tall * rng.uniform(0.8, 1.0)):
        start = float(np.interp(-(y - 4), -heights, x))
        at = start + rng.uniform(1, 5)
        while at < 101:
            w = tall * rng.uniform(0.6, 0.95)
            if rng.random() < 0.84:
                shapes += _house(rng, at, y + rng.uniform(-2, 2), w, tall * rng.uniform(0.8, 1.2))
            else:
                shapes += (
                    f'<circle cx="{at + w / 2}" cy="{y + tall / 2}" r="{w * 0.55}" fill="#3f6f3f"/>'
                )
            at += w + rng.uniform(0, 2)
    return shapes


def _house(rng: Generator, x: float, y: float, w: float, h: float) -> str:
    """A coloured front with a window or two; at times with a tiled roof or a dome."""
    top, glass = rng.random(), pick(rng, ("#5d4037", "#3f5a73", "#6b4a3a"))
    shapes = ""
    if top < 0.3:
        shapes = (
            f'<path d="M{x - 0.8} {y + 0.3}L{x + w / 2} {y - w * 0.4}L{x + w + 0.8} {y + 0.3}Z" '
        )
        shapes += 'fill="#c4623f"/>'
    elif top < 0.36:
        shapes = f'<ellipse cx="{x + w / 2}" cy="{y}" rx="{w * 0.42}" ry="{w * 0.5}" '
        shapes += f'fill="{pick(rng, ("#e0b53f", "#4f8fb5", "#5f9a6a"))}"/>'
    shapes += (
        f'<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="{pick(rng, FACADES)}" '
        'stroke="#8d6e63" stroke-width=".5"/>'
    )
    places = (0.5,) if w < 7 else (0.28, 0.72)
    bars = "".join(f"M{x + w * p} {y + h * 0.28}v{h * 0.3}" for p in places)
    return shapes + f'<path d="{bars}" stroke="{glass}" stroke-width="{w * 0.2}"/>'


def _harbour(rng: Generator, horizon: float) -> str:
    """A row of tall fronts on a quay before a hill, the water before them."""
    quay = rng.uniform(60, 78)
    side = rng.choice((-1.0, 1.0)) * rng.uniform(4, 16)
    hill = quay - rng.uniform(34, 54) + side * np.linspace(-1, 1, 9) + rng.uniform(-2, 2, 9)
    left = float(rng.choice((0.0, rng.uniform(10, 40))))
    clipped = np.where(np.linspace(0, 100, 9) < left - 6, horizon + 40, hill)
    shapes = (
        land(clipped, pick(rng, ("#5d8a4a", "#6f9a55", "#7a8a64")))
        if left == 0
        else (
            f'<path d="M{left - 8} {quay}Q{left} {hill[0]} {left + 24} {hill[3]}T101 {hill[8]}'
            f'V{quay}Z"'
            ' fill="#5d8a4a"/>'
        )
    )
    for lift, small in ((rng.uniform(18, 26), 0.75), (0.0, 1.0)):
        x = left + rng.uniform(-2, 3) + lift * 0.3
        while x < 101:
            w, h = small * rng.uniform(8, 14), small * rng.uniform(20, 32)
            shapes += _house(rng, x, quay - lift - h, w, h)
            if h > 24:
                shapes += (
                    f'<path d="M{x + w * 0.3} {quay - lift - h * 0.3}v4M{x + w * 0.7} '
                    f'{quay - lift - h * 0.3}v4" stroke="#5d4037" stroke-width="1.4"/>'
                )
            x += w
    water = pick(rng, SEAS)
    return (
        shapes
        + f'<rect x="-1" y="{quay - 1}" width="102" height="4" fill="#b9a68a"/>'
        + f'<rect x="-1" y="{quay + 2}" width="102" height="50" fill="{water[0]}"/>'
        + waves(rng, quay + 2, water[1], 8)
    )


def _parasols(rng: Generator) -> str:
    shapes = ""
    for x in rng.uniform(30, 70, int(rng.integers(2, 6))):
        y = rng.uniform(88, 96)
        shapes += (
            f'<path d="M{x - 4} {y}Q{x} {y - 7} {x + 4} {y}Z" '
            f'fill="{pick(rng, ("#ef5a4a", "#ffd23f", "#3f8fd8", "#ff9a3c"))}"/>'
        )
    return shapes


def _lemon_tree(rng: Generator) -> str:
    """A bough with lemons in an upper corner on the side of the sea."""
    shapes = ""
    for _ in range(12):
        x, y = rng.uniform(-4, 26), rng.uniform(-4, 14)
        if x / 26 + y / 16 < 1.2:
            shapes += (
                f'<ellipse cx="{x}" cy="{y}" rx="6" ry="2.6" '
                f'fill="{pick(rng, ("#3f7f3f", "#5d9a46"))}"'
                f' transform="rotate({rng.uniform(-60, 60)} {x} {y})"/>'
            )
    for _ in range(rng.integers(2, 5)):
        x, y = rng.uniform(2, 20), rng.uniform(3, 14)
        shapes += f'<ellipse cx="{x}" cy="{y}" rx="3.2" ry="4" fill="#ffe14a"/>'
    return shapes

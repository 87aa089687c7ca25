"""Waterfalls; a scene as in `scenes`."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.random import Generator
from PIL import Image

from emoji_if.canvas import Drawings
from emoji_if.scenery import Light, boulders, fir, forest_edge, heavens, land, lit, veil, waves
from emoji_if.viewfinder import Frame, Painting, pick

ROCKS = (
    ("#5d6a58", "#47533f", "#77866c"),
    ("#6b6157", "#4f463d", "#857a6e"),
    ("#56626c", "#3f4a54", "#74818b"),
    ("#7a5a48", "#5b4132", "#957260"),
    ("#3d4a4a", "#2b3636", "#566666"),
)
"""Rock, its shade, its light."""

WATERS = (
    ("#6fbfe8", "#2f8fc4"),
    ("#8fd0e0", "#2f9a9a"),
    ("#a9cfe6", "#3f74a0"),
    ("#79c6d9", "#2b7f8f"),
)
"""Falling water and the pool below."""


def waterfalls(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """White water down a cliff into a pool: narrow, wide, in steps, several, or from one side."""
    kind = pick(rng, ("narrow", "narrow", "curtain", "steps", "steps", "several", "aside", "aside"))
    light, rock, water = lit(rng, 0.7, 0.15, 0.1), pick(rng, ROCKS), pick(rng, WATERS)
    top, pool = rng.uniform(10, 34), rng.uniform(72, 90)
    painting = Painting(size, Frame.around(rng, (18, 8, 82, 92), 1.35))
    painting.draw(heavens(rng, light, max(top, 14), 0.2))
    if rng.random() < 0.4:
        green = pick(rng, ("#4f7f5a", "#3f6b54", "#6b8f5a"))
        painting.draw(forest_edge(rng, top + 4, rng.uniform(8, 16), green))
    painting.draw(_cliff(rng, kind, top, rock))
    painting.draw(_greenery(rng, kind, top))
    falls = _falls(rng, kind, top, pool)
    painting.draw("".join(_fall(rng, fall, water[0]) for fall in falls))
    painting.draw(_pool(rng, pool, water, falls))
    painting.draw(veil(light, 0.7))
    painting.draw(_mist(rng, falls))
    painting.draw(_foreground(rng, light, rock, falls))
    if rng.random() < 0.35:
        for x in (rng.uniform(4, 14), rng.uniform(86, 96))[: int(rng.integers(1, 3))]:
            width = rng.uniform(26, 42)
            painting.paste(drawings["evergreen-tree"], (x, 92 - width / 2), width)
    return painting.finished()


Fall = tuple[float, float, float, float, float]
"""Left and right edge above, upper and lower end, and how much wider it is below on each side."""


def _falls(rng: Generator, kind: str, top: float, pool: float) -> list[Fall]:
    if kind == "narrow":
        x, w = rng.uniform(30, 70), rng.uniform(9, 18)
        return [(x - w / 2, x + w / 2, top - 1, pool + 2, rng.uniform(0, 4))]
    if kind == "curtain":
        w, x = rng.uniform(44, 78), rng.uniform(42, 58)
        return [(x - w / 2, x + w / 2, top - 1, pool + 2, rng.uniform(0, 3))]
    if kind == "several":
        columns = np.linspace(20, 80, int(rng.integers(2, 5))) + rng.uniform(-4, 4)
        return [
            (x - w / 2, x + w / 2, top + rng.uniform(-1, 1), pool + 2, rng.uniform(0, 2))
            for x, w in zip(columns, rng.uniform(7, 13, len(columns)), strict=True)
        ]
    if kind == "aside":
        x, w = rng.uniform(40, 52), rng.uniform(10, 20)
        return [(x - w / 2, x + w / 2, top - 1, pool + 2, rng.uniform(1, 5))]
    count = int(rng.integers(2, 4))
    levels = np.linspace(top, pool + 2, count + 1)
    x, w, falls = rng.uniform(38, 62), rng.uniform(14, 24), []
    for upper, lower in pairwise(levels.tolist()):
        falls.append((x - w / 2, x + w / 2, upper - 1, lower, rng.uniform(0, 2)))
        x, w = float(np.clip(x + rng.uniform(-14, 14), 28, 72)), w * rng.uniform(1.1, 1.5)
    return falls


def _cliff(rng: Generator, kind: str, top: float, rock: tuple[str, str, str]) -> str:
    """A wall of rock with ledges and cracks; from one side, only half of the picture is rock."""
    main, shade, bright = rock
    if kind == "aside":
        edge = rng.uniform(50, 60)
        heights = "".join(f"L{edge + rng.uniform(-3, 5)} {y}" for y in np.linspace(top + 6, 100, 6))
        shapes = f'<path d="M-1 {top - rng.uniform(0, 8)}L{edge - 4} {top}{heights}V101H-1Z" '
        shapes += f'fill="{main}"/>'
        right = edge
    else:
        lift = rng.uniform(0, 12)
        across = np.linspace(-1, 1, 9)
        shapes = land(top - lift * np.abs(across) ** 1.5 + rng.uniform(-1, 1, 9), main)
        right = 100.0
    for _ in range(rng.integers(7, 14)):
        x, y, w = rng.uniform(0, right - 4), rng.uniform(top + 4, 88), rng.uniform(4, 12)
        h, colour = rng.uniform(4, 16), shade if rng.random() < 0.6 else bright
        w = min(w, right - x)
        shapes += (
            f'<path d="M{x} {y}l{w} {rng.uniform(-2, 2)}l{-w * 0.2} {h}l{-w * 0.6} '
            f'{rng.uniform(-2, 2)}Z" fill="{colour}" opacity=".75"/>'
        )
    return shapes


def _greenery(rng: Generator, kind: str, top: float) -> str:
    """Moss and bushes along the upper edge, at times none."""
    if rng.random() < 0.25:
        return ""
    green = pick(rng, ("#5d9a46", "#3f7f3f", "#7aa84f", "#4a7a3a"))
    right = 50 if kind == "aside" else 100
    shapes = ""
    for x in np.arange(-2, right, 8):
        r = rng.uniform(4, 7)
        shapes += f'<ellipse cx="{x}" cy="{top - 2}" rx="{r}" ry="{r * 0.6}" fill="{green}"/>'
    if rng.random() < 0.5:
        for _ in range(rng.integers(2, 6)):
            shapes += fir(rng.uniform(0, right), top, rng.uniform(8, 18), "#2f5f3f")
    return shapes


def _fall(rng: Generator, fall: Fall, colour: str) -> str:
    """Water with white streaks."""
    left, right, top, bottom, spread = fall
    shapes = (
        f'<path d="M{left} {top}H{right}Q{right + spread} {top + 10} {right + spread} {bottom}'
        f'H{left - spread}Q{left - spread} {top + 10} {left} {top}Z" fill="{colour}"/>'
    )
    streaks = max(3, int((right - left) / rng.uniform(4.5, 7)))
    for part in (np.arange(streaks) + rng.uniform(0.25, 0.75, streaks)) / streaks:
        x, low = left + part * (right - left), left - spread + part * (right - left + 2 * spread)
        width = (right - left) / streaks * rng.uniform(0.35, 0.7)
        shapes += (
            f'<path d="M{x} {top}Q{low} {top + 10} {low} {bottom}" stroke="#fff" fill="none" '
            f'stroke-width="{width}" opacity=".92"/>'
        )
    return shapes


def _pool(rng: Generator, pool: float, water: tuple[str, str], falls: list[Fall]) -> str:
    if rng.random() < 0.6:
        shapes = land(pool + rng.uniform(-1, 1, 7), water[1])
    else:
        x = (falls[-1][0] + falls[-1][1]) / 2
        wide = max(rng.uniform(34, 54), (falls[-1][1] - falls[-1][0]) / 2 + 10)
        shapes = f'<ellipse cx="{x}" cy="{pool + 12}" rx="{wide}" ry="14" fill="{water[1]}"/>'
    return shapes + waves(rng, pool + 2, "#cdeefa", int(rng.integers(4, 10)))


def _mist(rng: Generator, falls: list[Fall]) -> str:
    """White water where it lands."""
    shapes, thick = "", rng.uniform(0.7, 1.3)
    for left, right, _, bottom, spread in falls:
        for x in np.arange(left - spread, right + spread + 1, 5):
            r = thick * rng.uniform(3, 6)
            shapes += (
                f'<circle cx="{x}" cy="{bottom + rng.uniform(-1, 2)}" r="{r}" fill="#f4fbff" '
                'opacity=".85"/>'
            )
    return shapes


def _foreground(rng: Generator, light: Light, rock: tuple[str, str, str], falls: list[Fall]) -> str:
    """Rocks and trees near by, at times a bridge across."""
    shapes = ""
    if rng.random() < 0.6:
        xs = rng.permutation((rng.uniform(2, 20), rng.uniform(80, 98), rng.uniform(20, 80)))
        places = [(float(x), rng.uniform(92, 101)) for x in xs[: int(rng.integers(1, 4))]]
        shapes += boulders(rng, places, rng.uniform(8, 15), rock[1])
    if rng.random() < 0.15 and len(falls) == 1:
        y = rng.uniform(52, 66)
        shapes += (
            f'<path d="M-2 {y}Q50 {y - 9} 102 {y}" stroke="#6b4226" stroke-width="3.4" '
            f'fill="none"/><path d="M-2 {y - 7}Q50 {y - 16} 102 {y - 7}" stroke="#6b4226" '
            f'stroke-width="1.4" fill="none"/>'
        )
    if rng.random() < 0.5:
        green = "#1f4032" if light.night else pick(rng, ("#2f5f3f", "#3b7347", "#27503f"))
        for x in (*rng.uniform(-2, 16, 2), *rng.uniform(84, 102, 2)):
            shapes += fir(float(x), rng.uniform(88, 102), rng.uniform(26, 52), green)
    return shapes

"""Little painters that landscapes share: skies and their light, peaks, trees, rocks, boats.

Coordinates are percent of the scene; what stands on the ground is placed by its foot.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from emoji_if.outdoors import moon, sky, stars
from emoji_if.viewfinder import pick


class Light(NamedTuple):
    """A sky from top to horizon, and what it lays over the land: a colour and how much of it."""

    top: str
    bottom: str
    veil: str
    depth: float
    night: bool = False


DAY = (
    Light("#5aa9e6", "#d5effb", "#fff", 0.0),
    Light("#8fc9f2", "#eaf6fb", "#fff", 0.0),
    Light("#3f8fd8", "#bfe3f7", "#fff", 0.0),
    Light("#9fb4c6", "#dfe6ea", "#8fa0b0", 0.15),
)
DAWN = (
    Light("#9fb6dd", "#fbd9c4", "#f2a58a", 0.14),
    Light("#b8a4d0", "#fde6c8", "#c98fa8", 0.16),
    Light("#f3b98b", "#fdf0cf", "#f0a04a", 0.16),
)
DUSK = (
    Light("#3b3f7a", "#f08a5b", "#4a2350", 0.34),
    Light("#6b2f6e", "#fbb24a", "#5a2340", 0.34),
    Light("#d8572a", "#ffd98a", "#7a2a12", 0.28),
    Light("#27406f", "#e9a6a0", "#20305f", 0.36),
)
NIGHT = (
    Light("#0b1233", "#27356e", "#0a1238", 0.52, True),
    Light("#120f36", "#3b2f6b", "#140f3a", 0.52, True),
    Light("#07182b", "#1f4a6b", "#06182c", 0.5, True),
)


SEAS = (
    ("#1e88d2", "#7cc8f0"),
    ("#1f9ab0", "#8fe0e6"),
    ("#2b6fb5", "#8fbbe6"),
    ("#2fa6c9", "#c0eef5"),
)
"""Water, and the glints on it."""


def lit(rng: Generator, day: float, dawn: float, dusk: float) -> Light:
    """A light of one kind or another, with these probabilities; the rest are nights."""
    drawn = rng.random()
    for chance, lights in ((day, DAY), (dawn, DAWN), (dusk, DUSK)):
        if drawn < chance:
            return pick(rng, lights)
        drawn -= chance
    return pick(rng, NIGHT)


def heavens(rng: Generator, light: Light, below: float = 40.0, sun: float = 0.4) -> str:
    """The sky, with what may be in it above a height: stars and a moon, or a sun and clouds."""
    shapes = sky(light.top, light.bottom)
    x, y = rng.uniform(8, 92), rng.uniform(6, below * 0.7)
    if light.night:
        shapes += stars(rng, below, int(rng.integers(8, 26)))
        if rng.random() < sun:
            shapes += moon(rng, x, y, rng.uniform(4, 9))
        return shapes
    if rng.random() < sun:
        shapes += f'<circle cx="{x}" cy="{y}" r="{rng.uniform(5, 10)}" fill="#ffe27a"/>'
    for _ in range(rng.integers(0, 4)):
        x, y, w = rng.uniform(0, 100), rng.uniform(5, below * 0.8), rng.uniform(7, 15)
        shapes += (
            f'<ellipse cx="{x}" cy="{y}" rx="{w}" ry="{w / 3}" fill="#fff" opacity=".8"/>'
            f'<ellipse cx="{x + w / 4}" cy="{y - w / 4}" rx="{w / 2}" ry="{w / 3}" fill="#fff" '
            'opacity=".8"/>'
        )
    return shapes


def veil(light: Light, opacity: float = 1.0) -> str:
    """The light laid over all that is painted so far; lamps and fires are painted afterwards."""
    if not light.depth:
        return ""
    return f'<rect width="100" height="100" fill="{light.veil}" opacity="{light.depth * opacity}"/>'


def land(heights: np.ndarray, colour: str) -> str:
    """Everything below a line of evenly spaced heights, from the left edge to the right one."""
    across = np.linspace(0, 100, len(heights))
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(across, heights, strict=True))
    return f'<path d="M{line}V101H0Z" fill="{colour}"/>'


def peaks(rng: Generator, foot: float, count: int, highest: float, snow: float = 0.35) -> str:
    """Mountains, one side in shade, white down to a part of their height."""
    shapes = ""
    for i in rng.permutation(count):
        x = (i + rng.uniform(0.2, 0.8)) * 100 / count
        top = highest + rng.uniform(0, 0.4) * (foot - highest) * (count > 1)
        half = (foot - top) * rng.uniform(0.6, 1.0)
        rock, shade = pick(
            rng, (("#7d8aa0", "#5b6b82"), ("#8a93a3", "#667085"), ("#7b8794", "#56616e"))
        )
        lean, cap = x + half * rng.uniform(-0.2, 0.2), snow * rng.uniform(0.7, 1.3)
        down, side, fold = top + cap * (foot - top), cap * half, x + cap * (lean - x)
        shapes += (
            f'<path d="M{x - half} {foot}L{x} {top}L{x + half} {foot}Z" fill="{rock}"/>'
            f'<path d="M{x} {top}L{x + half} {foot}H{lean}Z" fill="{shade}"/>'
            f'<path d="M{x - side} {down}L{x} {top}L{x + side} {down}L{x + side / 2} {down - 4}'
            f'L{fold} {down + 4}L{x - side / 2} {down - 3}Z" fill="#fff"/>'
            f'<path d="M{x} {top}L{x + side} {down}L{x + side / 2} {down - 4}L{fold} {down + 4}Z" '
            'fill="#d3dfec"/>'
        )
    return shapes


def fir(x: float, foot: float, height: float, colour: str, snow: bool = False) -> str:
    """Three tiers on a trunk, at times white on top."""
    shapes = (
        f'<rect x="{x - height * 0.04}" y="{foot - height * 0.12}" width="{height * 0.08}" '
        f'height="{height * 0.12}" fill="#4d3524"/>'
    )
    for low, high, half in ((0.1, 0.5, 0.27), (0.33, 0.74, 0.21), (0.58, 1.0, 0.15)):
        bottom, top, wide = foot - low * height, foot - high * height, half * height
        shapes += f'<path d="M{x - wide} {bottom}L{x} {top}L{x + wide} {bottom}Z" fill="{colour}"/>'
        if snow:
            mid = top + 0.45 * (bottom - top)
            shapes += (
                f'<path d="M{x - wide * 0.45} {mid}L{x} {top}L{x + wide * 0.45} {mid}Z" '
                'fill="#f4f8fc"/>'
            )
    return shapes


def forest_edge(rng: Generator, foot: float, height: float, colour: str) -> str:
    """A row of firs, as one silhouette."""
    line, x = f"M-4 {foot}", -4.0
    while x < 102:
        wide, tall = rng.uniform(0.2, 0.32) * height, height * rng.uniform(0.55, 1.1)
        line += f"L{x + wide} {foot - tall}L{x + 2 * wide} {foot - tall * 0.2}"
        x += 2 * wide
    return f'<path d="{line}V101H-4Z" fill="{colour}"/>'


def waves(rng: Generator, top: float, colour: str, count: int, bottom: float = 100.0) -> str:
    """Flat glints on water, wider the nearer they are."""
    shapes = ""
    for _ in range(count):
        near = rng.random()
        y, w = top + 2 + near * (bottom - top - 3), 5 + 16 * near * rng.random()
        shapes += (
            f'<ellipse cx="{rng.uniform(0, 100)}" cy="{y}" rx="{w}" ry="{0.5 + 0.6 * near}" '
            f'fill="{colour}" opacity=".7"/>'
        )
    return shapes


def boulders(rng: Generator, places: list[tuple[float, float]], most: float, colour: str) -> str:
    """Rounded rocks, lit from above."""
    shapes = ""
    for x, y in places:
        r = most * rng.uniform(0.5, 1)
        shapes += (
            f'<path d="M{x - r} {y}Q{x - r} {y - r} {x - r / 4} {y - r}Q{x + r} {y - r} {x + r} '
            f'{y}Z" fill="{colour}"/><path d="M{x - r * 0.7} {y - r * 0.5}Q{x - r * 0.3} {y - r} '
            f"{x + r * 0.4} {y - r * 0.75}Q{x - r * 0.2} {y - r * 0.6} {x - r * 0.7} "
            f'{y - r * 0.5}Z" fill="#fff" opacity=".3"/>'
        )
    return shapes


def sailing_boat(rng: Generator, x: float, y: float, w: float) -> str:
    """A hull with a big and a small sail, w wide, afloat at y."""
    sail, hull = (
        pick(rng, ("#fff", "#fff", "#ffe9c9", "#ef6a4a", "#ffd23f")),
        pick(rng, ("#8a4a2c", "#c8342c", "#f4f1ea", "#24406b")),
    )
    side = -1 if rng.random() < 0.5 else 1
    return (
        f'<path d="M{x - w / 2} {y - w * 0.2}H{x + w / 2}L{x + w * 0.34} {y}H{x - w * 0.34}Z" '
        f'fill="{hull}"/><path d="M{x} {y - w * 0.25}V{y - w * 1.1}L{x + side * w * 0.46} '
        f"{y - w * 0.25}ZM{x - side * w * 0.07} {y - w * 0.25}V{y - w * 0.85}"
        f'L{x - side * w * 0.36} {y - w * 0.25}Z" fill="{sail}"/>'
    )

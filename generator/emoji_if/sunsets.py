"""Sunset in a desert; a scene as in `scenes`."""

from __future__ import annotations

from numpy.random import Generator
from PIL import Image

from emoji_if.canvas import Drawings
from emoji_if.viewfinder import Frame, Painting, pick

SKIES = (
    ("#6b2f6e", "#e2574c", "#fbb24a"),
    ("#8f1f2f", "#e8602c", "#ffc83f"),
    ("#34366f", "#c9608a", "#ffb27a"),
    ("#7a3b12", "#d9822b", "#ffd98a"),
    ("#2b4f8a", "#e08a6a", "#ffd9a0"),
    ("#4a1d3a", "#b53f4a", "#f79a5a"),
    ("#f08a3c", "#f9b85a", "#fff0b0"),
)
"""From top to horizon."""

SANDS = (
    ("#b5562c", "#934020", "#6e2d1c"),
    ("#c9783a", "#a85a2a", "#7f3f1f"),
    ("#8f4a3f", "#6b3238", "#451f2b"),
    ("#d99a4f", "#b5763a", "#8a5428"),
    ("#7a4a5a", "#5a3348", "#3a2036"),
)
"""From far to near."""


def desert_sunset(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """A low sun over dunes or flat-topped rocks, cacti dark before it."""
    top, middle, low = pick(rng, SKIES)
    sands, horizon = pick(rng, SANDS), rng.uniform(40, 76)
    x, r = rng.uniform(18, 82), float(rng.choice((rng.uniform(7, 12), rng.uniform(13, 24))))
    y = horizon - rng.uniform(0.3, 1.3) * r - 4
    frame = Frame.around(rng, (max(x - r, 8), max(y - r, 8), min(x + r, 92), 88), 1.45)
    painting = Painting(size, frame)
    painting.draw(
        '<defs><linearGradient id="d" gradientUnits="userSpaceOnUse" x1="0" x2="0" y1="0" '
        f'y2="{horizon}"><stop stop-color="{top}"/><stop offset=".55" stop-color="{middle}"/>'
        f'<stop offset="1" stop-color="{low}"/></linearGradient></defs>'
        '<rect width="100" height="100" fill="url(#d)"/>'
    )
    if rng.random() < 0.4:
        painting.draw(_bands(rng, horizon, middle))
    sun = pick(rng, ("#ffe27a", "#fff3c0", "#ffcf4a", "#ff8a4a"))
    if rng.random() < 0.5:
        halo = f'<circle cx="{x}" cy="{y}" r="{r * 1.5}" fill="{sun}" opacity=".35"/>'
        painting.draw(halo)
    painting.draw(f'<circle cx="{x}" cy="{y}" r="{r}" fill="{sun}"/>')
    if rng.random() < 0.4:
        painting.draw(_rocks(rng, horizon + 2, (x, r), sands[1]))
    painting.draw(_dunes(rng, horizon, sands))
    if rng.random() < 0.55:
        painting.draw(_cacti(rng, horizon, pick(rng, ("#2b1a24", "#1f2a24", sands[2]))))
    return painting.finished()


def _bands(rng: Generator, horizon: float, colour: str) -> str:
    """Thin clouds."""
    return "".join(
        f'<ellipse cx="{rng.uniform(0, 100)}" cy="{rng.uniform(6, horizon - 6)}" '
        f'rx="{rng.uniform(12, 34)}" ry="{rng.uniform(0.8, 2)}" fill="{colour}" opacity=".8"/>'
        for _ in range(rng.integers(2, 6))
    )


def _dunes(rng: Generator, horizon: float, sands: tuple[str, str, str]) -> str:
    """Three rows of dunes, the nearest at times with a sharp, half-lit crest."""
    shapes, height = "", rng.uniform(2, 12)
    for number, colour in enumerate(sands):
        top = horizon + number * (100 - horizon) / 3.2
        a, b, c = top + rng.uniform(-height, height, 3)
        mid = rng.uniform(30, 70)
        shapes += (
            f'<path d="M-1 {a}Q{mid / 2} {b - height} {mid} {top}T101 {c}V101H-1Z" '
            f'fill="{colour}"/>'
        )
    if rng.random() < 0.45:
        x, y, wide = rng.uniform(25, 75), horizon + rng.uniform(2, 16), rng.uniform(34, 60)
        shapes += (
            f'<path d="M{x - wide} 101Q{x - wide / 3} {y + 8} {x} {y}Q{x + wide / 3} {y + 10} '
            f'{x + wide} 101Z" fill="{sands[0]}"/><path d="M{x} {y}Q{x + wide / 3} {y + 10} '
            f'{x + wide} 101H{x - 4}Q{x + 12} {y + 30} {x} {y}Z" fill="{sands[2]}"/>'
        )
    return shapes


def _rocks(rng: Generator, foot: float, sun: tuple[float, float], colour: str) -> str:
    """Flat-topped rocks on the horizon beside the sun, whose middle and radius are given."""
    shapes = ""
    for side in ((-1,), (1,), (-1, 1))[rng.integers(3)]:
        w, h = rng.uniform(5, 16), rng.uniform(8, 26)
        x = sun[0] + side * (0.6 * sun[1] + 1.4 * w + rng.uniform(0, 16))
        shapes += (
            f'<path d="M{x - w * 1.4} {foot + 4}L{x - w} {foot - h}H{x + w}L{x + w * 1.4} '
            f'{foot + 4}Z" fill="{colour}"/>'
        )
    return shapes


def _cacti(rng: Generator, horizon: float, colour: str) -> str:
    """Columns with raised arms, dark against the sky."""
    shapes = ""
    for x in rng.uniform(6, 94, int(rng.integers(1, 4))):
        y, s = rng.uniform(horizon + 6, min(horizon + 26, 98)), rng.uniform(0.7, 2.2)
        shapes += (
            f'<path d="M{x} {y}v{-18 * s}M{x} {y - 6 * s}h{-5 * s}v{-6 * s}M{x} {y - 8 * s}'
            f'h{5 * s}v{-5 * s}" stroke="{colour}" stroke-width="{3.2 * s}" fill="none" '
            'stroke-linecap="round" stroke-linejoin="round"/>'
        )
    return shapes

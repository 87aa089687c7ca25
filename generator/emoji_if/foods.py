"""Food no emoji shows, muffins and karaage; scenes as in `scenes`."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from PIL import Image

from emoji_if.canvas import Drawings
from emoji_if.viewfinder import Frame, Painting, pick

CRUSTS = (
    ("#c98a4b", "#a86a30"),
    ("#8a5430", "#6b3d20"),
    ("#dba766", "#b9803f"),
    ("#6b4028", "#4a2a18"),
    ("#e3bb7d", "#c0924f"),
)
"""A muffin's top and its edge."""


def muffin(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """A domed brown top with chips or berries over a pleated cup; one, near or far, or a few."""
    painting = Painting(size, Frame(degrees=float(rng.normal(0, 3)), zoom=1.12))
    painting.draw(_table(rng))
    kind = pick(rng, ("one", "one", "one", "near", "few"))
    crust, cup = (
        pick(rng, CRUSTS),
        pick(rng, ("#e9d3a8", "#d8c9b8", "#b9d3e0", "#e0a8a8", "#f3efe4")),
    )
    if kind == "few":
        scale = rng.uniform(0.46, 0.58)
        spots = [(26.0, 62.0), (74.0, 60.0), (50.0, 74.0)][: int(rng.integers(2, 4))]
        for x, y in spots:
            painting.draw(_cake(rng, x + rng.uniform(-3, 3), y, scale, crust, cup))
        return painting.finished()
    scale = rng.uniform(0.55, 0.95) if kind == "one" else rng.uniform(1.0, 1.25)
    x = 50 + rng.uniform(-1, 1) * max(5.0, 42 * (1 - scale))
    y = rng.uniform(55, 62) + rng.uniform(-0.3, 1) * 30 * max(0.0, 1 - scale)
    if kind == "one" and rng.random() < 0.5:
        plate = pick(rng, ("#fdfdfb", "#b9d3e0", "#e8c9a0", "#39424f"))
        painting.draw(
            f'<ellipse cx="{x}" cy="{y + 37 * scale}" rx="{48 * scale}" ry="{10 * scale}" '
            f'fill="{plate}" stroke="#0002" stroke-width="1.5"/>'
        )
    painting.draw(_cake(rng, x, y, scale, crust, cup))
    return painting.finished()


def _table(rng: Generator) -> str:
    """A wall, and at times the edge of a table."""
    hue, light = rng.uniform(0, 360), rng.uniform(45, 98)
    shapes = f'<rect x="-9" y="-9" width="120" height="120" fill="hsl({hue},40%,{light}%)"/>'
    if rng.random() < 0.6:
        wood = pick(rng, ("#e8dcc8", "#b98f6f", "#dfe6e6", "#8a5f3c", "#5b4636", "#f2e6c9"))
        y = rng.uniform(52, 84)
        shapes += f'<rect x="-9" y="{y}" width="120" height="60" fill="{wood}"/>'
    return shapes


def _cake(
    rng: Generator, x: float, y: float, scale: float, crust: tuple[str, str], cup: str
) -> str:
    half, up = rng.uniform(30, 36), rng.uniform(-5, 3)
    bits = pick(rng, (("#3a1f12",), ("#3a1f12",), ("#31406f", "#46568f"), ("#f3e3c0", "#8a5430")))
    chips = "".join(
        f'<ellipse cx="{a * (half - 9)}" cy="{-18 + b * 13}" rx="{rng.uniform(2.2, 3.8)}" '
        f'ry="{rng.uniform(2, 3.2)}" fill="{pick(rng, bits)}"/>'
        for a, b in rng.uniform(-1, 1, (int(rng.integers(5, 13)), 2))
    )
    pleats = "".join(
        f'<path d="M{-half + 6 + i * (2 * half - 12) / 8} 3L{-half + 12 + i * (2 * half - 24) / 8} '
        '36" stroke="#0003" stroke-width="1.6"/>'
        for i in range(9)
    )
    return (
        f'<g transform="translate({x} {y}) scale({scale})"><path d="M{-half + 3} -2H{half - 3}'
        f'L{half - 10} 37H{-half + 10}Z" fill="{cup}" stroke="#0003" stroke-width="1"/>{pleats}'
        f'<path d="M{-half} 2Q{-half - 6} -14 {-half + 9} -20Q-14 {-44 + up} 0 {-43 + up}'
        f"Q14 {-44 + up} {half - 9} -20Q{half + 6} -14 {half} 2Q0 10 {-half} 2Z"
        f'" fill="{crust[0]}" stroke="{crust[1]}" stroke-width="2"/>'
        f'<path d="M{-half + 12} -16Q-12 {-36 + up} 4 {-37 + up}" stroke="#fff" stroke-width="3" '
        f'stroke-linecap="round" fill="none" opacity=".25"/>{chips}</g>'
    )


def karaage(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """Crisp brown pieces on a plate from the side or above, or in a bowl; lettuce and lemon."""
    kind = pick(rng, ("side", "side", "above", "bowl"))
    x, scale = rng.uniform(44, 56), rng.uniform(0.75, 1.1)
    table = pick(rng, ("#e8dcc8", "#b98f6f", "#dfe6e6", "#f2e6c9", "#5b4636", "#2f3a44", "#9fb7a0"))
    dish = pick(rng, ("#fdfdfb", "#fdfdfb", "#b9cfe0", "#39424f", "#d9b48a"))
    spots = {
        "side": [(-23, 2), (0, 6), (23, 1), (-12, -14), (12, -15), (0, -29)],
        "above": [(-19, -14), (1, -20), (20, -12), (-20, 9), (21, 10), (0, 22), (0, 1)],
        "bowl": [(-22, -8), (22, -8), (0, -5), (-11, -21), (12, -22), (1, -34)],
    }[kind]
    count = int(rng.integers(len(spots) - 2, len(spots) + 1)) if kind == "above" else len(spots)
    under = {
        "side": f'<ellipse cy="12" rx="47" ry="21" fill="{dish}" stroke="#0003" stroke-width="2"/>',
        "above": f'<circle r="45" fill="{dish}" stroke="#0003" stroke-width="2"/>'
        '<circle r="34" fill="none" stroke="#0002" stroke-width="1.5"/>',
        "bowl": "",
    }[kind]
    heart = spots[-1] if kind == "above" else (0, 0)
    leaves = "".join(
        f'<circle cx="{heart[0] + a * 36}" cy="{(b * 30 if kind == "above" else b * 9)}" '
        f'r="{rng.uniform(7, 11)}" fill="{pick(rng, ("#7cbf52", "#8fce63", "#68ad43"))}"/>'
        for a, b in rng.uniform(-1, 1, (9 if rng.random() < 0.8 else 3, 2))
    )
    pieces = "".join(_piece(rng, a, b) for a, b in spots[-count:])
    front = ""
    if kind == "bowl":
        front = (
            f'<path d="M-43 -6H43Q40 36 14 38H-14Q-40 36 -43 -6Z" fill="{dish}" stroke="#0003" '
            'stroke-width="2"/>'
        )
    front += _lemon(rng, kind) if rng.random() < 0.75 else ""
    y = {"side": 66, "above": 50, "bowl": 58}[kind] + rng.uniform(-5, 5)
    painting = Painting(size, Frame(degrees=float(rng.normal(0, 3)), zoom=1.1))
    painting.draw(f'<rect x="-9" y="-9" width="120" height="120" fill="{table}"/>')
    body = f"{under}{leaves}{pieces}{front}"
    painting.draw(f'<g transform="translate({x} {y}) scale({scale})">{body}</g>')
    return painting.finished()


def _piece(rng: Generator, x: float, y: float) -> str:
    """An uneven lump with a crust of lighter and darker crumbs."""
    x, y, brown = (
        x + rng.uniform(-3, 3),
        y + rng.uniform(-3, 3),
        pick(rng, ("#b9702c", "#a35f22", "#c9823a")),
    )
    turns = np.linspace(0, 2 * np.pi, 9)[:-1]
    reach = rng.uniform(0.82, 1.12, 8)
    rx, ry = rng.uniform(12, 16), rng.uniform(9, 13)
    line = "L".join(
        f"{x + rx * r * np.cos(t):.1f} {y + ry * r * np.sin(t):.1f}"
        for t, r in zip(turns, reach, strict=True)
    )
    shapes = (
        f'<path d="M{line}Z" fill="{brown}" stroke="#7a4316" stroke-width="2.2" '
        'stroke-linejoin="round"/>'
    )
    for a, b in rng.uniform(-0.6, 0.6, (6, 2)):
        spot = pick(rng, ("#e0a457", "#8a4f1c", "#d9943f"))
        shapes += (
            f'<circle cx="{x + a * rx}" cy="{y + b * ry}" r="{1.4 + abs(a) * 2}" fill="{spot}"/>'
        )
    return shapes


def _lemon(rng: Generator, kind: str) -> str:
    side = rng.choice((-1, 1))
    x, y = side * rng.uniform(28, 34), {"side": 17, "above": 24, "bowl": -14}[kind]
    return (
        f'<g transform="translate({x} {y}) rotate({rng.uniform(-40, 40)})"><path d="M-12 -4A12 12 '
        '0 0 0 12 -4Z" fill="#ffe14a" stroke="#e0b82a" stroke-width="2"/>'
        '<path d="M0 -3V6M0 -3L-6 4M0 -3L6 4" stroke="#fff6b0" stroke-width="1.4"/></g>'
    )

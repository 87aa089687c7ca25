"""Wide scenes no single emoji shows, painted from SVG shapes and pasted drawings.

Every function takes a random generator and the drawings of one icon set and returns a full picture,
`size` pixels square.
"""

from __future__ import annotations

from collections.abc import Callable

from numpy.random import Generator
from PIL import Image

from emoji_if.backdrops import BACKDROPS
from emoji_if.canvas import Drawings, paste, svg
from emoji_if.subjects import SUBJECTS

Painter = Callable[[Generator, Drawings, int], Image.Image]


def man_with_hat(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """A face below a top hat that covers its forehead, on a light ground."""
    hue, light = rng.uniform(0, 360), rng.uniform(86, 100)
    canvas = svg(f'<rect width="100" height="100" fill="hsl({hue},45%,{light}%)"/>', size)
    x, face = rng.uniform(47, 53), rng.uniform(64, 70)
    paste(canvas, drawings["man" if rng.random() < 0.7 else "old-man"], (x, 64), face)
    paste(canvas, drawings["top-hat"], (x, rng.uniform(24, 27)), face * rng.uniform(0.78, 0.86))
    return canvas


def village(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """Snow-capped peaks, a white valley, houses under snow and firs."""
    sky = rng.choice(["#a9d3f2", "#c9ddf0", "#f5d9c0", "#8fb4dd"])
    shapes = [f'<rect width="100" height="100" fill="{sky}"/>']
    for x in (rng.uniform(18, 34), rng.uniform(62, 82), rng.uniform(40, 60)):
        top, half = rng.uniform(8, 22), rng.uniform(30, 42)
        rock = rng.choice(["#6d7f96", "#7d8aa0", "#5b6b82"])
        cap = top + 20
        shapes.append(f'<path d="M{x - half} 70L{x} {top}L{x + half} 70Z" fill="{rock}"/>')
        side = half * 20 / (70 - top)
        shapes.append(
            f'<path d="M{x - side} {cap}L{x} {top}L{x + side} {cap}L{x + side / 2} {cap - 5}'
            f'L{x} {cap + 4}L{x - side / 2} {cap - 5}Z" fill="#fff"/>'
        )
    shapes.append('<ellipse cx="50" cy="92" rx="80" ry="34" fill="#f4f8fc"/>')
    for x in (rng.uniform(14, 26), rng.uniform(46, 56), rng.uniform(76, 88)):
        y, w = rng.uniform(62, 76), rng.uniform(11, 14)
        wall = rng.choice(["#b5523b", "#c98a4b", "#8a5a3c", "#d8a24a", "#a33f3f"])
        shapes.append(
            f'<rect x="{x - w * 0.8}" y="{y}" width="{w * 1.6}" height="{w * 1.2}" fill="{wall}"/>'
            f'<path d="M{x - w * 1.1} {y + 1}L{x} {y - w}L{x + w * 1.1} {y + 1}Z" fill="#fff" '
            f'stroke="#9fb3c8" stroke-width="1.2"/>'
            f'<rect x="{x - 2.5}" y="{y + 4}" width="5" height="5" fill="#ffe27a"/>'
        )
    canvas = svg("".join(shapes), size)
    for x in (rng.uniform(32, 38), rng.uniform(64, 70)):
        paste(canvas, drawings["evergreen-tree"], (x, rng.uniform(68, 78)), rng.uniform(22, 30))
    return canvas


def campfire(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """Night, a fire on crossed logs, people left and right of it."""
    night = rng.choice(["#14203f", "#1d1b3a", "#0f2a3a"])
    stars = "".join(
        f'<circle cx="{rng.uniform(0, 100)}" cy="{rng.uniform(0, 40)}" r="1" fill="#fff"/>'
        for _ in range(8)
    )
    canvas = svg(
        '<defs><radialGradient id="g"><stop offset="0" stop-color="#ffb347" stop-opacity=".8"/>'
        '<stop offset="1" stop-color="#ffb347" stop-opacity="0"/></radialGradient></defs>'
        f'<rect width="100" height="100" fill="{night}"/>{stars}'
        '<ellipse cx="50" cy="96" rx="75" ry="26" fill="#4a3426"/>'
        '<circle cx="50" cy="60" r="46" fill="url(#g)"/>'
        '<path d="M34 84L66 92M66 84L34 92" stroke="#7a4a24" stroke-width="6" '
        'stroke-linecap="round"/>',
        size,
    )
    people = ["man", "woman", "old-man"]
    low, high = rng.uniform(64, 70), rng.uniform(40, 46)
    for x, y, width in ((15, low, 29), (85, low, 29), (28, high, 22), (72, high, 22)):
        icon = str(rng.choice(people))
        if width > 25 or rng.random() < 0.6:
            paste(canvas, drawings[icon], (x + rng.uniform(-2, 2), y), width, rng.random() < 0.5)
    paste(canvas, drawings["fire"], (50, rng.uniform(64, 68)), rng.uniform(38, 44))
    return canvas


def waterfalls(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """Water falling between dark cliffs into a pool, firs on both sides."""
    sky = rng.choice(["#bfe3f5", "#dcecf5", "#9fd0ee"])
    rock = rng.choice(["#4d5a4a", "#5a5148", "#3f5540", "#586068"])
    left, right, top = rng.uniform(26, 34), rng.uniform(66, 74), rng.uniform(16, 24)
    falls = [
        f'<rect width="100" height="100" fill="{sky}"/>'
        f'<path d="M0 {top + 4}Q{left / 2} {top - 10} {left} {top}H{right}'
        f'Q{(right + 100) / 2} {top - 10} 100 {top + 4}V100H0Z" fill="{rock}"/>'
        f'<rect x="{left}" y="{top}" width="{right - left}" height="66" fill="#6fbfe8"/>'
    ]
    x = left + rng.uniform(1, 3)
    while x < right - 4:
        width = rng.uniform(2.5, 5)
        falls.append(f'<rect x="{x}" y="{top}" width="{width}" height="64" fill="#fff"/>')
        x += width + rng.uniform(2.5, 5)
    falls.append('<ellipse cx="50" cy="94" rx="64" ry="17" fill="#2f8fc4"/>')
    for _ in range(7):
        cx, r = rng.uniform(left - 3, right + 3), rng.uniform(4, 8)
        falls.append(f'<circle cx="{cx}" cy="{rng.uniform(79, 85)}" r="{r}" fill="#eaf7ff"/>')
    canvas = svg("".join(falls), size)
    for x in (rng.uniform(8, 14), rng.uniform(86, 92)):
        paste(canvas, drawings["evergreen-tree"], (x, rng.uniform(58, 68)), rng.uniform(28, 38))
    return canvas


def coast(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """A steep green cliff with stacked coloured houses over a blue sea, sun above."""
    sea_top = rng.uniform(56, 62)
    shapes = [
        f'<rect width="100" height="100" fill="{rng.choice(["#9fdcf7", "#bfe6fa", "#fbe0b5"])}"/>'
        f'<circle cx="{rng.uniform(14, 26)}" cy="{rng.uniform(14, 24)}" r="9" fill="#ffd23f"/>'
        f'<rect y="{sea_top}" width="100" height="50" fill="#1e88d2"/>'
        f'<path d="M0 {sea_top + 14}H60M10 {sea_top + 26}H70" stroke="#6fc0ee" stroke-width="2"/>'
        f'<path d="M100 6Q70 14 58 44Q50 66 44 88L60 100H100Z" fill="#5d8a4a"/>'
    ]
    colours = ["#f6b26b", "#f48fb1", "#fff1c9", "#ef6a5a", "#ffd966", "#ffffff"]
    for row, y in enumerate((26, 40, 54, 68, 82)):
        x = 74 - 5 * row + rng.uniform(-2, 2)
        while x < 98:
            width, height = rng.uniform(9, 13), rng.uniform(12, 16)
            shapes.append(
                f'<rect x="{x}" y="{y + rng.uniform(-2, 2)}" width="{width}" height="{height}" '
                f'fill="{rng.choice(colours)}" stroke="#8d6e63" stroke-width=".6"/>'
                f'<rect x="{x + width / 2 - 1.5}" y="{y + 4}" width="3" height="4" fill="#5d4037"/>'
            )
            x += width + rng.uniform(0, 2)
    canvas = svg("".join(shapes), size)
    if rng.random() < 0.6:
        paste(canvas, drawings["sailboat"], (rng.uniform(16, 28), sea_top + 6), 22)
    return canvas


def desert_sunset(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """A big low sun between red dunes."""
    x, y = rng.uniform(25, 75), rng.uniform(46, 56)
    dunes = "".join(
        f'<path d="M0 {top}Q{25 + rng.uniform(-8, 8)} {top - 9} 50 {top}T100 {top}V100H0Z"'
        f' fill="{colour}"/>'
        for top, colour in ((62, "#b5562c"), (74, "#934020"), (87, "#6e2d1c"))
    )
    return svg(
        '<defs><linearGradient id="d" x2="0" y2="1"><stop stop-color="#6b2f6e"/>'
        '<stop offset=".35" stop-color="#e2574c"/><stop offset=".65" stop-color="#fbb24a"/>'
        '</linearGradient></defs><rect width="100" height="100" fill="url(#d)"/>'
        f'<circle cx="{x}" cy="{y}" r="{rng.uniform(13, 18)}" fill="#ffe27a"/>{dunes}',
        size,
    )


def lighthouse(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """A striped tower with a lit lamp on a rock in the sea."""
    x, sky = rng.uniform(44, 56), rng.choice(["#bfe6fa", "#9fd0ee", "#fbe0b5", "#23345f"])
    red = rng.choice(["#d8342c", "#c62828"])
    stripes = "".join(
        f'<path d="M{x - 8 - i * 0.8} {30 + i * 11}h{16 + i * 1.6}l.8 11h-{17.6 + i * 1.6}Z" '
        f'fill="{red if i % 2 else "#fff"}"/>'
        for i in range(5)
    )
    return svg(
        f'<rect width="100" height="100" fill="{sky}"/>'
        '<rect y="78" width="100" height="22" fill="#1e78bd"/>'
        f'<path d="M{x - 2} 22L0 8V34ZM{x + 2} 22L100 8V34Z" fill="#ffe680" opacity=".8"/>{stripes}'
        f'<rect x="{x - 6}" y="18" width="12" height="12" fill="#ffd23f"/>'
        f'<path d="M{x - 9} 18L{x} 7L{x + 9} 18Z" fill="{red}"/>'
        f'<ellipse cx="{x}" cy="89" rx="27" ry="9" fill="#5d5348"/>',
        size,
    )


def _backdrop(name: str) -> Painter:
    return lambda rng, drawings, size: svg(BACKDROPS[name](rng), size)


SCENES: dict[str, Painter] = {
    **{name: _backdrop(name) for name in BACKDROPS},
    **SUBJECTS,
    **{
        scene.__name__: scene
        for scene in (
            *(man_with_hat, village, campfire, waterfalls, coast, desert_sunset, lighthouse),
        )
    },
}

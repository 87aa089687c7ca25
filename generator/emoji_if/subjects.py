"""Single subjects no emoji shows, painted from SVG shapes and pasted drawings, as in `scenes`."""

from __future__ import annotations

from collections.abc import Callable

from numpy.random import Generator
from PIL import Image

from emoji_if.backdrops import BACKDROPS
from emoji_if.canvas import Drawings, paste, svg


def old_man(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """A bald head with white hair at its sides, thick eyebrows and a big white beard."""
    hue, light = rng.uniform(0, 360), rng.uniform(30, 58)
    skin, shade = [("#f2cba4", "#d99f74"), ("#e6b488", "#c48a5d"), ("#c98f62", "#a06a42")][
        rng.integers(3)
    ]
    coat = rng.choice(["#39424f", "#4a3426", "#2f4538", "#57324a"])
    white = rng.choice(["#ffffff", "#f3f1ec", "#e4e4e4"])
    x = rng.uniform(48, 52)
    return svg(
        f'<rect width="100" height="100" fill="hsl({hue},35%,{light}%)"/>'
        f'<path d="M{x - 46} 100Q{x - 40} 76 {x} 72Q{x + 40} 76 {x + 46} 100Z" fill="{coat}"/>'
        f'<ellipse cx="{x - 26}" cy="40" rx="9" ry="15" fill="{white}"/>'
        f'<ellipse cx="{x + 26}" cy="40" rx="9" ry="15" fill="{white}"/>'
        f'<ellipse cx="{x}" cy="42" rx="26" ry="{rng.uniform(32, 36)}" fill="{skin}"/>'
        f'<path d="M{x - 11} 20H{x + 11}M{x - 13} 26H{x + 13}" stroke="{shade}" stroke-width="2"/>'
        f'<path d="M{x - 26} 46Q{x - 34} 82 {x} 98Q{x + 34} 82 {x + 26} 46'
        f'Q{x + 18} 60 {x} 60Q{x - 18} 60 {x - 26} 46Z" fill="{white}"/>'
        f'<path d="M{x - 18} 36L{x - 5} 33M{x + 18} 36L{x + 5} 33" stroke="{white}" '
        'stroke-width="5" stroke-linecap="round"/>'
        f'<circle cx="{x - 11}" cy="42" r="3.2" fill="#3a2a20"/>'
        f'<circle cx="{x + 11}" cy="42" r="3.2" fill="#3a2a20"/>'
        f'<ellipse cx="{x}" cy="50" rx="5" ry="7" fill="{shade}"/>'
        f'<ellipse cx="{x}" cy="67" rx="8" ry="4" fill="#8a3b32"/>'
        f'<path d="M{x} 56Q{x - 12} 52 {x - 19} 64Q{x - 8} 68 {x} 62Q{x + 8} 68 {x + 19} 64'
        f'Q{x + 12} 52 {x} 56Z" fill="{white}" stroke="#a9a9a9" stroke-width="1"/>',
        size,
    )


def chihuahua(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """A small tan head with huge ears and round dark eyes."""
    hue, light = rng.uniform(0, 360), rng.uniform(80, 97)
    coat, shade = [("#dba873", "#b9824c"), ("#c98e58", "#9c6636"), ("#e8c49a", "#c49a68")][
        rng.integers(3)
    ]
    x, wide, ear = rng.uniform(47, 53), rng.uniform(24, 28), rng.uniform(36, 44)
    eye = rng.uniform(6, 7.5)
    return svg(
        f'<rect width="100" height="100" fill="hsl({hue},40%,{light}%)"/>'
        f'<path d="M{x - 8} 38L{x - ear} 8Q{x - ear - 3} 40 {x - 20} 52Z" fill="{coat}"/>'
        f'<path d="M{x + 8} 38L{x + ear} 8Q{x + ear + 3} 40 {x + 20} 52Z" fill="{coat}"/>'
        f'<path d="M{x - 14} 40L{x - ear + 4} 16Q{x - ear + 3} 38 {x - 21} 47Z" fill="#e9a7a0"/>'
        f'<path d="M{x + 14} 40L{x + ear - 4} 16Q{x + ear - 3} 38 {x + 21} 47Z" fill="#e9a7a0"/>'
        f'<path d="M{x - 24} 100Q{x} 62 {x + 24} 100Z" fill="{shade}"/>'
        f'<ellipse cx="{x}" cy="56" rx="{wide}" ry="25" fill="{coat}"/>'
        f'<ellipse cx="{x}" cy="68" rx="12" ry="12" fill="#f7e8d2"/>'
        f'<circle cx="{x - 13}" cy="52" r="{eye}" fill="#1d1412"/>'
        f'<circle cx="{x + 13}" cy="52" r="{eye}" fill="#1d1412"/>'
        f'<circle cx="{x - 11}" cy="49.5" r="2" fill="#fff"/>'
        f'<circle cx="{x + 15}" cy="49.5" r="2" fill="#fff"/>'
        f'<ellipse cx="{x}" cy="63" rx="4.5" ry="3.4" fill="#1d1412"/>'
        f'<path d="M{x} 66V71M{x - 6} 74Q{x} 77 {x} 71Q{x} 77 {x + 6} 74" stroke="#1d1412" '
        'stroke-width="1.6" fill="none" stroke-linecap="round"/>',
        size,
    )


def muffin(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """A domed brown top with dark chips over a pleated paper cup."""
    hue, light = rng.uniform(0, 360), rng.uniform(82, 98)
    top, edge = [("#c98a4b", "#a86a30"), ("#8a5430", "#6b3d20"), ("#dba766", "#b9803f")][
        rng.integers(3)
    ]
    cup = rng.choice(["#e9d3a8", "#d8c9b8", "#b9d3e0", "#e0a8a8", "#f3efe4"])
    x, half = rng.uniform(47, 53), rng.uniform(31, 36)
    chips = "".join(
        f'<ellipse cx="{x + rng.uniform(-half + 8, half - 8)}" cy="{rng.uniform(26, 48)}" '
        f'rx="{rng.uniform(2.2, 3.4)}" ry="{rng.uniform(2, 3)}" fill="#3a1f12"/>'
        for _ in range(rng.integers(6, 12))
    )
    pleats = "".join(
        f'<path d="M{x - half + 6 + i * (2 * half - 12) / 8} 58'
        f'L{x - half + 12 + i * (2 * half - 24) / 8} 92" stroke="#0003" stroke-width="1.6"/>'
        for i in range(9)
    )
    return svg(
        f'<rect width="100" height="100" fill="hsl({hue},40%,{light}%)"/>'
        f'<path d="M{x - half + 3} 54H{x + half - 3}L{x + half - 10} 93H{x - half + 10}Z" '
        f'fill="{cup}"/>{pleats}'
        f'<path d="M{x - half} 58Q{x - half - 6} 42 {x - half + 9} 36Q{x - 14} 12 {x} 13'
        f"Q{x + 14} 12 {x + half - 9} 36Q{x + half + 6} 42 {x + half} 58"
        f'Q{x} 66 {x - half} 58Z" fill="{top}" stroke="{edge}" stroke-width="2"/>{chips}',
        size,
    )


def karaage(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """A pile of crisp brown pieces on lettuce, a wedge of lemon beside them."""
    table = rng.choice(["#e8dcc8", "#b98f6f", "#dfe6e6", "#f2e6c9", "#5b4636"])
    leaves = "".join(
        f'<circle cx="{rng.uniform(14, 86)}" cy="{rng.uniform(58, 76)}" r="{rng.uniform(7, 11)}" '
        f'fill="{rng.choice(["#7cbf52", "#8fce63", "#68ad43"])}"/>'
        for _ in range(9)
    )
    pieces = ""
    for column, row in ((28, 62), (50, 66), (72, 61), (38, 45), (61, 44), (50, 30)):
        x, y = column + rng.uniform(-4, 4), row + rng.uniform(-3, 3)
        rx, ry = rng.uniform(12, 16), rng.uniform(9, 13)
        brown = rng.choice(["#b9702c", "#a35f22", "#c9823a"])
        pieces += (
            f'<ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{ry}" fill="{brown}" '
            'stroke="#7a4316" stroke-width="1.6"/>'
        )
        for _ in range(6):
            dx, dy = rng.uniform(-rx, rx) * 0.6, rng.uniform(-ry, ry) * 0.6
            spot = rng.choice(["#e0a457", "#8a4f1c", "#d9943f"])
            pieces += (
                f'<circle cx="{x + dx}" cy="{y + dy}" r="{rng.uniform(1.4, 2.8)}" fill="{spot}"/>'
            )
    return svg(
        f'<rect width="100" height="100" fill="{table}"/>'
        '<ellipse cx="50" cy="72" rx="47" ry="23" fill="#fdfdfb" stroke="#c9c9c4"'
        ' stroke-width="2"/>'
        f'{leaves}{pieces}<path d="M74 78A12 12 0 0 0 96 68Z" fill="#ffe14a" stroke="#e0b82a" '
        'stroke-width="2"/>',
        size,
    )


BARISTAS = ("man-beard", "man", "woman", "man-curly-hair", "blond-haired-woman")


def barista(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """Someone in an apron behind the counter of a bar, a cup of coffee before them."""
    canvas = svg(BACKDROPS["bar"](rng), size)
    x = rng.uniform(42, 58)
    shirt = rng.choice(["#f2efe8", "#3f4b5c", "#8c3b3b", "#c9b48a", "#56735a"])
    apron = rng.choice(["#5b3a24", "#2f4538", "#22262e", "#7a2f2a"])
    body = svg(
        f'<path d="M{x - 30} 84Q{x - 28} 60 {x} 58Q{x + 28} 60 {x + 30} 84Z" fill="{shirt}"/>'
        f'<path d="M{x - 13} 84V66H{x + 13}V84ZM{x - 12} 67L{x - 8} 58M{x + 12} 67L{x + 8} 58" '
        f'fill="{apron}" stroke="{apron}" stroke-width="2.4"/>',
        size,
    )
    canvas.alpha_composite(body)
    able = [icon for icon in BARISTAS if icon in drawings]
    who = "man-beard" if "man-beard" in able and rng.random() < 0.5 else str(rng.choice(able))
    paste(canvas, drawings[who], (x, 38), rng.uniform(44, 52), rng.random() < 0.5)
    canvas.alpha_composite(
        svg(
            '<rect y="80" width="100" height="5" fill="#a9713f"/>'
            '<rect y="85" width="100" height="15" fill="#6b4226"/>',
            size,
        )
    )
    side = rng.choice((rng.uniform(14, 24), rng.uniform(76, 86)))
    paste(canvas, drawings["hot-beverage"], (side, 72), rng.uniform(24, 30))
    return canvas


SUBJECTS: dict[str, Callable[[Generator, Drawings, int], Image.Image]] = {
    subject.__name__: subject for subject in (old_man, chihuahua, muffin, karaage, barista)
}

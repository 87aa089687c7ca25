"""A man with a hat; a scene as in `scenes`."""

from __future__ import annotations

from numpy.random import Generator
from PIL import Image

from emoji_if.backdrops import BACKDROPS
from emoji_if.canvas import Drawings
from emoji_if.recolour import recoloured
from emoji_if.viewfinder import Frame, Painting, pick

FACES = ("man", "man", "old-man", "man-beard", "man-curly-hair")
"""Those that a set does not draw are passed over."""

COATS = ("#39424f", "#4a3426", "#2f4538", "#57324a", "#22262e", "#8c3b3b", "#31527a", "#b59a6a")

FELTS = (
    ("#5b4030", "#2b1c14"),
    ("#3f444c", "#16181c"),
    ("#7a6a55", "#3a2f24"),
    ("#2f4538", "#141f19"),
    ("#31405f", "#141c2c"),
    ("#8a2f2f", "#35100f"),
)
"""A hat and its band."""


def man_with_hat(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """A face below a hat that covers its forehead, at times with the shoulders."""
    face = float(rng.choice((rng.uniform(34, 46), rng.uniform(46, 60), rng.uniform(60, 72))))
    spare = (100 - face) / 2
    x = 50 + rng.uniform(-0.6, 0.6) * spare
    low = 100 - face * (0.45 if face > 60 else 0.6)
    y = rng.uniform(min(face * 0.98, low - 2), low)
    painting = Painting(size, Frame.around(rng, (20, 4, 80, 96), 1.12, tilt=5))
    painting.draw(_behind(rng))
    if face < 56 or rng.random() < 0.5:
        painting.draw(_shoulders(rng, x, y, face))
    who = pick(rng, [icon for icon in FACES if icon in drawings])
    painting.paste(drawings[who], (x, y), face, rng.random() < 0.5)
    if rng.random() < 0.5:
        hat = drawings["top-hat"]
        if rng.random() < 0.4:
            hat = recoloured(hat, pick(rng, ("brown", "red", "blue", "green", "purple", "gray")))
        width = face * rng.uniform(0.78, 0.9)
        painting.paste(hat, (x, y - face * 0.58), width, degrees=rng.normal(0, 3))
    else:
        painting.draw(_hat(rng, x + rng.uniform(-1, 1), y - face * 0.2, face))
    return painting.finished()


def _behind(rng: Generator) -> str:
    """A plain ground, a gradient, or a place."""
    hue, light, way = rng.uniform(0, 360), rng.uniform(55, 98), rng.random()
    if way < 0.25:
        return BACKDROPS[pick(rng, ("street", "meadow", "room", "mountains", "beach"))](rng)
    if way < 0.6:
        return f'<rect width="100" height="100" fill="hsl({hue},45%,{light}%)"/>'
    light = light - rng.uniform(0, 25)
    return (
        f'<defs><radialGradient id="b" cx="{rng.uniform(0.2, 0.8)}" cy="{rng.uniform(0.2, 0.6)}" '
        f'r=".9"><stop stop-color="hsl({hue},35%,{light}%)"/><stop offset="1" '
        f'stop-color="hsl({hue + 30},40%,{light - 30}%)"/></radialGradient></defs>'
        '<rect width="100" height="100" fill="url(#b)"/>'
    )


def _shoulders(rng: Generator, x: float, y: float, face: float) -> str:
    """A coat with a collar, and a shirt, at times a tie."""
    coat, top, half = pick(rng, COATS), y + face * 0.42, face * rng.uniform(0.85, 1.05)
    shapes = (
        f'<path d="M{x - half} 101Q{x - half} {top + face * 0.08} {x} {top}Q{x + half} '
        f'{top + face * 0.08} {x + half} 101Z" fill="{coat}"/><path d="M{x - face * 0.26} '
        f'{top + face * 0.02}L{x} {top + face * 0.6}L{x + face * 0.26} {top + face * 0.02}Z" '
        f'fill="{pick(rng, ("#fff", "#e8e2d0", "#cfe0ee", "#22262e"))}"/>'
    )
    if rng.random() < 0.5:
        tie = pick(rng, ("#b5302a", "#24406b", "#2f5f3f", "#c9a03f"))
        shapes += (
            f'<path d="M{x - face * 0.06} {top}H{x + face * 0.06}L{x + face * 0.08} '
            f'{top + face * 0.45}L{x} {top + face * 0.56}L{x - face * 0.08} {top + face * 0.45}Z" '
            f'fill="{tie}"/>'
        )
    return shapes


def _hat(rng: Generator, x: float, brim: float, face: float) -> str:
    """A hat whose brim is at a height: a tall one, a fedora, a bowler, of straw, or a cap."""
    colour, band = pick(rng, FELTS)
    kind, w = pick(rng, ("tall", "fedora", "fedora", "bowler", "straw", "cowboy", "cap")), face / 2
    if kind == "cap":
        side = rng.choice((-1.0, 1.0))
        colour = pick(rng, ("#c8342c", "#1f6fb0", "#2f7f4a", "#22262e", "#e0a02f"))
        return (
            f'<path d="M{x - w * 0.9} {brim + w * 0.1}Q{x - w * 0.9} {brim - w * 0.95} {x} '
            f'{brim - w * 0.95}Q{x + w * 0.9} {brim - w * 0.95} {x + w * 0.9} {brim + w * 0.1}Z" '
            f'fill="{colour}"/><path d="M{x - side * w * 0.5} {brim - w * 0.12}Q'
            f"{x + side * w * 0.9} {brim - w * 0.5}"
            f" {x + side * w * 1.6} {brim + w * 0.15}Q{x + side * w * 0.6} "
            f'{brim + w * 0.05} {x - side * w * 0.5} {brim + w * 0.16}Z" fill="{band}"/>'
            f'<circle cx="{x}" cy="{brim - w * 0.95}" r="{w * 0.09}" fill="{band}"/>'
        )
    if kind == "straw":
        colour, band = pick(rng, (("#e8c873", "#a83f2f"), ("#f2dfa5", "#24406b")))
    high, half, reach, bend = {
        "tall": (1.5, 0.72, 1.1, 0.1),
        "fedora": (1.0, 0.74, 1.35, 0.16),
        "bowler": (0.95, 0.78, 1.1, 0.2),
        "straw": (0.72, 0.74, 1.45, 0.12),
        "cowboy": (1.05, 0.7, 1.55, 0.5),
    }[kind]
    high, top = high * w, brim - high * w
    crown = {
        "tall": f"L{x - half * w * 1.08} {top}H{x + half * w * 1.08}",
        "straw": f"L{x - half * w * 0.95} {top}H{x + half * w * 0.95}",
        "bowler": f"C{x - half * w} {top - high * 0.25} {x + half * w} {top - high * 0.25} "
        f"{x + half * w} {brim}",
    }.get(
        kind,
        f"L{x - half * w * 0.8} {top + high * 0.12}Q{x - half * w * 0.4} {top - high * 0.16} {x} "
        f"{top + high * 0.1}Q{x + half * w * 0.4} {top - high * 0.16} {x + half * w * 0.8} "
        f"{top + high * 0.12}",
    )
    rim, dip = w * reach, w * bend
    return (
        f'<path d="M{x - rim} {brim - dip * 0.6}Q{x} {brim + dip * 1.4} {x + rim} '
        f"{brim - dip * 0.6}Q{x + rim * 0.5} {brim + w * 0.34} {x} {brim + w * 0.34}"
        f'Q{x - rim * 0.5} {brim + w * 0.34} {x - rim} {brim - dip * 0.6}Z" fill="{band}"/>'
        f'<path d="M{x - rim} {brim - dip * 0.6}Q{x} {brim - w * 0.25} {x + rim} '
        f'{brim - dip * 0.6}Q{x} {brim + w * 0.42} {x - rim} {brim - dip * 0.6}Z" fill="{colour}"/>'
        f'<path d="M{x - half * w} {brim + w * 0.08}{crown}L{x + half * w} {brim + w * 0.08}'
        f'Q{x} {brim + w * 0.22} {x - half * w} {brim + w * 0.08}Z" fill="{colour}"/>'
        f'<path d="M{x - half * w} {brim - high * 0.22}Q{x} {brim - high * 0.12} {x + half * w} '
        f"{brim - high * 0.22}V{brim + w * 0.06}Q{x} {brim + w * 0.2} {x - half * w} "
        f'{brim + w * 0.06}Z" fill="{band}"/>'
    )

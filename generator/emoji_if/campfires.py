"""People at a campfire; a scene as in `scenes`."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from PIL import Image

from emoji_if.canvas import Drawings
from emoji_if.scenery import DUSK, NIGHT, forest_edge, heavens, land, peaks
from emoji_if.viewfinder import Frame, Painting, pick

CAMPERS = ("man", "woman", "old-man", "old-woman", "boy", "girl")
CLOTHES = ("#7a2f2a", "#2f4f6b", "#4a5f3a", "#6b4a7a", "#8a5a2c", "#3f4b5c", "#a0522d", "#2f5f5a")


def campfire(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """A fire on logs in the dark, and those it warms: around it, beside it, or faces near by."""
    kind = pick(rng, ("ring", "ring", "ring", "beside", "beside", "near", "near", "close"))
    fire_x = pick(rng, (rng.uniform(26, 36), rng.uniform(45, 55), rng.uniform(64, 74)))
    width, foot = {
        "ring": (rng.uniform(18, 30), rng.uniform(72, 84)),
        "beside": (rng.uniform(24, 38), rng.uniform(80, 92)),
        "near": (rng.uniform(46, 62), rng.uniform(72, 84)),
        "close": (rng.uniform(66, 88), rng.uniform(82, 94)),
    }[kind]
    if kind in ("close", "beside"):
        fire_x = rng.uniform(42, 58)
    most = 1.25 if kind in ("ring", "beside") else 1.1
    painting = Painting(size, Frame.around(rng, (8, 12, 92, 96), most))
    painting.draw(_surroundings(rng, rng.uniform(50, 68)))
    if kind in ("ring", "beside") and rng.random() < 0.4:
        side = rng.uniform(10, 24) if fire_x > 50 else rng.uniform(76, 90)
        painting.draw(_tent(rng, side, foot - rng.uniform(10, 16), rng.uniform(11, 17)))
    painting.draw(_glow(fire_x, foot - width * 0.4, width))
    behind, before = _places(rng, kind, fire_x, foot, width)
    _people(painting, rng, drawings, behind)
    painting.draw(_logs(rng, fire_x, foot, width))
    if rng.random() < 0.7:
        painting.paste(drawings["fire"], (fire_x, foot - width * 0.5), width, rng.random() < 0.5)
    else:
        painting.draw(_flames(rng, fire_x, foot, width))
    _people(painting, rng, drawings, before)
    if rng.random() < 0.5:
        painting.draw(_sparks(rng, fire_x, foot - width, width))
    return painting.finished()


Place = tuple[float, float, float, str]
"""x and y of a head, its width, and what is seen below it: a body that sits or stands, or none."""


def _places(
    rng: Generator, kind: str, x: float, foot: float, width: float
) -> tuple[list[Place], list[Place]]:
    """Who is behind the fire and who before it, far ones first."""
    if kind == "ring":
        count, head = int(rng.integers(3, 6)), rng.uniform(15, 20)
        turn = np.linspace(np.pi * 0.97, np.pi * 0.03, count) + rng.normal(0, 0.06, count)
        reach = max(width * 0.8 + head * 0.6, 26 + 2 * count)
        ring = [
            (x + reach * np.cos(a), foot - head * 1.1 - 15 * np.sin(a), head, "sits") for a in turn
        ]
        ring = [(float(np.clip(px, 11, 89)), float(y), w, pose) for px, y, w, pose in ring]
        return sorted(ring, key=lambda place: place[1]), []
    if kind == "beside":
        head, pose = rng.uniform(17, 23), pick(rng, ("stands", "sits"))
        sides = [-1.0, 1.0, -1.9, 1.9][: int(rng.integers(2, 5))]
        up = head * (1.9 if pose == "stands" else 1.15)
        reach = width / 2 + head * 0.75
        places = [
            (px, foot - up + rng.uniform(-5, 3), head * rng.uniform(0.85, 1.1), pose)
            for px in (x + side * reach for side in sides)
        ]
        return [p for p in places if 2 < p[0] < 98], []
    head = rng.uniform(26, 36)
    if kind == "close":
        count = int(rng.integers(2, 4))
        spread = rng.permutation((rng.uniform(8, 16), rng.uniform(84, 92), rng.uniform(40, 60)))
        return [], [(float(px), rng.uniform(86, 94), head * 0.85, "") for px in spread[:count]]
    if rng.random() < 0.5:
        across = np.linspace(14, 86, int(rng.integers(2, 5)))
        return [], [(px + rng.uniform(-5, 5), rng.uniform(83, 92), head * 0.9, "") for px in across]
    side = -1 if x > 50 else 1
    heights = (rng.uniform(34, 44), rng.uniform(66, 78))
    return [(x + side * rng.uniform(38, 46), y, head, "sits") for y in heights], []


def _people(painting: Painting, rng: Generator, drawings: Drawings, places: list[Place]) -> None:
    """All bodies, then all heads: to change between shapes and drawings takes long."""
    painting.draw("".join(_body(rng, place) for place in places))
    for x, y, head, _ in places:
        painting.paste(drawings[pick(rng, CAMPERS)], (x, y), head, rng.random() < 0.5)


def _body(rng: Generator, place: Place) -> str:
    x, y, head, pose = place
    cloth, legs = pick(rng, CLOTHES), pick(rng, ("#26303f", "#3a2f2a", "#2f3a4f"))
    top, r = y + head * 0.32, head * 0.5
    if pose == "sits":
        return (
            f'<path d="M{x - r * 1.25} {top + r * 2.1}Q{x - r * 1.2} {top} {x} {top}Q{x + r * 1.2} '
            f'{top} {x + r * 1.25} {top + r * 2.1}Z" fill="{cloth}"/><ellipse cx="{x - r * 0.6}" '
            f'cy="{top + r * 2}" rx="{r * 0.85}" ry="{r * 0.5}" fill="{legs}"/><ellipse '
            f'cx="{x + r * 0.6}" cy="{top + r * 2}" rx="{r * 0.85}" ry="{r * 0.5}" fill="{legs}"/>'
        )
    if pose == "stands":
        return (
            f'<path d="M{x - r * 0.5} {top + r}V{top + r * 3.6}M{x + r * 0.5} {top + r}'
            f'V{top + r * 3.6}" stroke="{legs}" stroke-width="{r * 0.7}"/><path d="M{x - r} '
            f"{top + r * 2}Q{x - r * 1.1} {top} {x} {top}Q{x + r * 1.1} {top} {x + r} "
            f'{top + r * 2}Z" fill="{cloth}"/>'
        )
    return ""


def _surroundings(rng: Generator, horizon: float) -> str:
    """The sky and what stands before it, and the ground."""
    light = pick(rng, DUSK if rng.random() < 0.25 else NIGHT)
    shapes = heavens(rng, light, horizon * 0.7, 0.35 if light.night else 0.0)
    behind = rng.random()
    if behind < 0.5:
        colour = pick(rng, ("#0f2a26", "#12222f", "#1a2a1c"))
        shapes += forest_edge(rng, horizon + 4, rng.uniform(16, 46), colour)
    elif behind < 0.75:
        shapes += peaks(rng, horizon + 8, int(rng.integers(1, 4)), rng.uniform(14, 28), 0.25)
        shapes += f'<rect width="100" height="100" fill="{light.veil}" opacity=".6"/>'
    earth = pick(rng, ("#4a3426", "#3a3d2a", "#54402c", "#2f3a34", "#5a4a3a"))
    line = horizon + rng.uniform(-2, 2, 7)
    return shapes + land(line, earth)


def _tent(rng: Generator, x: float, foot: float, half: float) -> str:
    cloth, shade = pick(
        rng, (("#e8742c", "#a84a18"), ("#4f9a5b", "#2f6b3c"), ("#d9b45a", "#a07c2f"))
    )
    return (
        f'<path d="M{x - half} {foot}L{x} {foot - half * 1.3}L{x + half} {foot}Z" fill="{cloth}"/>'
        f'<path d="M{x - half * 0.4} {foot}L{x} {foot - half * 1.3}L{x + half * 0.4} {foot}Z" '
        f'fill="{shade}"/>'
    )


def _glow(x: float, y: float, width: float) -> str:
    return (
        '<defs><radialGradient id="g"><stop offset="0" stop-color="#ffb347" stop-opacity=".85"/>'
        '<stop offset="1" stop-color="#ff9a3c" stop-opacity="0"/></radialGradient></defs>'
        f'<circle cx="{x}" cy="{y}" r="{24 + width * 0.7}" fill="url(#g)"/>'
    )


def _logs(rng: Generator, x: float, foot: float, width: float) -> str:
    """Crossed logs, at times in a ring of stones."""
    half, thick = width * 0.52, width * 0.13
    brown = pick(rng, ("#7a4a24", "#5f3a1e", "#8f5c30"))
    shapes = (
        f'<path d="M{x - half} {foot - thick}L{x + half} {foot + thick}M{x + half} {foot - thick}'
        f'L{x - half} {foot + thick}" stroke="{brown}" stroke-width="{thick}" '
        'stroke-linecap="round"/>'
    )
    if rng.random() < 0.4:
        for a in np.linspace(0, np.pi, 6):
            cx, cy = x + width * 0.62 * np.cos(a), foot + thick + width * 0.1 * np.sin(a)
            shapes += (
                f'<ellipse cx="{cx}" cy="{cy}" rx="{width * 0.1}" ry="{width * 0.075}" '
                'fill="#8a8580"/>'
            )
    return shapes


def _flames(rng: Generator, x: float, foot: float, width: float) -> str:
    """Tongues of fire, one within the other."""
    shapes = ""
    for scale, colour in ((1.0, "#e8431f"), (0.76, "#ff8a1f"), (0.5, "#ffd23f"), (0.25, "#fff3c0")):
        for dx in (-0.22, 0.22, 0.0):
            w = width * 0.34 * scale
            h = width * scale * rng.uniform(0.75, 0.9) * (1.25 if dx == 0 else 0.85)
            cx = x + dx * width * scale
            tip = cx + rng.uniform(-0.5, 0.5) * w
            shapes += (
                f'<path d="M{cx} {foot}C{cx - w * 1.3} {foot} {cx - w} {foot - h / 2} {tip} '
                f'{foot - h}C{cx + w} {foot - h * 0.6} {cx + w * 1.3} {foot} {cx} {foot}Z" '
                f'fill="{colour}"/>'
            )
    return shapes


def _sparks(rng: Generator, x: float, below: float, width: float) -> str:
    return "".join(
        f'<circle cx="{x + rng.normal(0, width / 3)}" cy="{below - rng.uniform(-10, 24)}" r=".8" '
        'fill="#ffc45a"/>'
        for _ in range(rng.integers(5, 14))
    )

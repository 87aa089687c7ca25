"""A lighthouse; a scene as in `scenes`."""

from __future__ import annotations

from numpy.random import Generator
from PIL import Image

from emoji_if.canvas import Drawings
from emoji_if.scenery import SEAS, Light, boulders, heavens, lit, sailing_boat, veil, waves
from emoji_if.viewfinder import Frame, Painting, pick


def lighthouse(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """A tower with a lamp on a rock, an island or a cliff by the sea, near or far."""
    light, sea = lit(rng, 0.45, 0.15, 0.2), pick(rng, SEAS)
    x, foot = rng.uniform(24, 76), rng.uniform(70, 90)
    tall = rng.uniform(40, min(74, foot - 8))
    horizon = rng.uniform(max(40, foot - 34), foot - 4)
    frame = Frame.around(rng, (x - 22, foot - tall - 6, x + 22, min(foot + 8, 98)), 1.5)
    painting = Painting(size, frame)
    painting.draw(heavens(rng, light, horizon * 0.7, 0.35))
    painting.draw(f'<rect y="{horizon}" width="100" height="100" fill="{sea[0]}"/>')
    painting.draw(waves(rng, horizon, sea[1], int(rng.integers(5, 14))))
    painting.draw(_under_it(rng, x, foot))
    wide = tall * rng.uniform(0.11, 0.17)
    if rng.random() < 0.35:
        side = x + rng.choice((-1, 1)) * wide * 2.4
        painting.draw(_keeper(rng, side, foot + 1, wide * 1.3))
    painting.draw(_tower(rng, x, foot + 1, tall, wide))
    painting.draw(veil(light, 0.7))
    painting.draw(_lamp(rng, light, x, foot - tall, wide))
    if rng.random() < 0.4:
        y, away = rng.uniform(horizon + 4, 92), float(rng.choice((-1, 1))) * rng.uniform(24, 36)
        painting.draw(sailing_boat(rng, x + away, y, 6 + (y - horizon) * 0.25))
    return painting.finished()


def _under_it(rng: Generator, x: float, foot: float) -> str:
    """What the tower stands on."""
    kind = rng.random()
    if kind < 0.35:
        wide = rng.uniform(18, 34)
        return (
            boulders(
                rng,
                [
                    (x + d * wide, foot + 9 + rng.uniform(-2, 3))
                    for d in (-0.9, -0.45, 0, 0.5, 0.95)
                ],
                18,
                pick(rng, ("#5d5348", "#4f565c", "#6f6353")),
            )
            + f'<ellipse cx="{x}" cy="{foot + 9}" rx="{wide * 1.3}" ry="3.4" fill="#eaf6fb"/>'
        )
    if kind < 0.65:
        wide = rng.uniform(24, 40)
        return (
            f'<ellipse cx="{x}" cy="{foot + 7}" rx="{wide + 4}" ry="8" fill="#e2cf9c"/>'
            f'<ellipse cx="{x}" cy="{foot + 4}" rx="{wide}" ry="7" fill="#6f9a55"/>'
        )
    end = x + rng.uniform(12, 24)
    return (
        f'<path d="M-2 {foot - rng.uniform(-4, 6)}Q{x} {foot - 3} {end} {foot + 1}'
        f'L{end - 3} {foot + 10}L{end + 3} {foot + 18}L{end - 4} 101H-2Z" fill="#7a6a58"/>'
        f'<path d="M-2 {foot - 4}Q{x} {foot - 4} {end} {foot + 1}L{end - 8} {foot + 5}'
        f'Q{x - 10} {foot + 3} -2 {foot + 8}Z" fill="#6f9a55"/>'
    )


def _tower(rng: Generator, x: float, foot: float, tall: float, wide: float) -> str:
    """The shaft, striped or plain, and the gallery."""
    colour = pick(rng, ("#d8342c", "#d8342c", "#c62828", "#24324a", "#1f6fb0", "#2b2b2b"))
    stripes, top = int(rng.choice((0, 3, 5, 5, 7))), foot - tall * 0.8
    if not stripes:
        colour, stripes = pick(rng, ("#f4f1ea", "#efe3cf", "#d8d3c8")), 1
    shapes = ""
    for i in range(stripes):
        up, down = i / stripes, (i + 1) / stripes
        a, b = wide * (0.62 + 0.38 * up), wide * (0.62 + 0.38 * down)
        y, z = top + up * (foot - top), top + down * (foot - top)
        fill = "#f8f6f1" if i % 2 else colour
        shapes += f'<path d="M{x - a} {y}H{x + a}L{x + b} {z}H{x - b}Z" fill="{fill}"/>'
    shapes += (
        f'<path d="M{x + wide * 0.2} {top}H{x + wide * 0.62}L{x + wide} {foot}H{x + wide * 0.4}Z" '
        f'fill="#000" opacity=".16"/><rect x="{x - wide * 0.2}" y="{foot - wide * 0.7}" '
        f'width="{wide * 0.4}" height="{wide * 0.7}" fill="#4a3426"/>'
        f'<rect x="{x - wide * 0.9}" y="{top - wide * 0.12}" width="{wide * 1.8}" '
        f'height="{wide * 0.24}" fill="#33373d"/>'
    )
    roof = colour if colour[1:3] < "e0" else "#c62828"
    lantern = foot - tall * 0.92
    return shapes + (
        f'<rect x="{x - wide * 0.5}" y="{lantern}" width="{wide}" height="{top - lantern}" '
        f'fill="#5b6f80"/><path d="M{x - wide * 0.75} {lantern + 0.5}Q{x - wide * 0.4} '
        f"{foot - tall} {x} {foot - tall - 2}Q{x + wide * 0.4} {foot - tall} {x + wide * 0.75} "
        f'{lantern + 0.5}Z" fill="{roof}"/>'
    )


def _lamp(rng: Generator, light: Light, x: float, top: float, wide: float) -> str:
    """The lit lamp; in the dark with its beams."""
    y = top + wide * 0.95
    shapes = f'<rect x="{x - wide * 0.36}" y="{y - wide * 0.2}" width="{wide * 0.72}" '
    shapes += f'height="{wide * 0.62}" fill="#ffd84a"/>'
    if light.depth > 0.3 or rng.random() < 0.25:
        spread = rng.uniform(6, 16)
        for side in ((-1,), (1,), (-1, 1))[rng.integers(3)]:
            end, to = x + side * 110, y + rng.uniform(-22, 10)
            shapes += (
                f'<path d="M{x} {y - 1}L{end} {to - spread}V{to + spread}L{x} {y + 1}Z" '
                'fill="#ffe680" opacity=".6"/>'
            )
    return shapes


def _keeper(rng: Generator, x: float, foot: float, w: float) -> str:
    """The keeper's white house."""
    return (
        f'<rect x="{x - w}" y="{foot - w}" width="{2 * w}" height="{w}" fill="#f3efe4"/>'
        f'<path d="M{x - w * 1.2} {foot - w}L{x} {foot - w * 1.9}L{x + w * 1.2} {foot - w}Z" '
        f'fill="{pick(rng, ("#c4623f", "#6b4a3a", "#56687e"))}"/>'
        f'<rect x="{x - w * 0.25}" y="{foot - w * 0.75}" width="{w * 0.5}" height="{w * 0.4}" '
        'fill="#5b6f86"/>'
    )

"""A mountain village in the snow; a scene as in `scenes`."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from PIL import Image

from emoji_if.canvas import Drawings
from emoji_if.scenery import Light, fir, heavens, land, lit, peaks, veil
from emoji_if.viewfinder import Frame, Painting, pick

WALLS = ("#b5523b", "#c98a4b", "#8a5a3c", "#d8a24a", "#a33f3f", "#e2c79a", "#6f4a34", "#7d8fa3")


def village(rng: Generator, drawings: Drawings, size: int) -> Image.Image:
    """Houses under snow below white peaks: one near, a few in a valley, or many up a slope."""
    kind = pick(rng, ("valley", "valley", "slope", "slope", "near", "near", "church"))
    light = lit(rng, 0.5, 0.15, 0.15)
    horizon = rng.uniform(42, 68) if kind != "near" else rng.uniform(58, 74)
    ground = _ground(rng, kind, horizon)
    spots = _spots(rng, kind, ground)
    painting = Painting(size, Frame.around(rng, (18, 6, 82, 96), 1.4))
    painting.draw(heavens(rng, light, horizon * 0.5, 0.25))
    count = int(rng.choice((1, 2, 3, 4), p=(0.25, 0.25, 0.3, 0.2)))
    painting.draw(peaks(rng, horizon + 16, count, rng.uniform(5, 20), rng.uniform(0.3, 0.55)))
    if rng.random() < 0.4:
        painting.draw(land(ground - rng.uniform(3, 9) - rng.uniform(0, 4, 9), "#5d7f74"))
    snow = "#f5f9fd" if not light.night else "#e3ecf6"
    painting.draw(land(ground, snow))
    painting.draw(land(np.maximum(ground + rng.uniform(12, 26), 76), "#e6eef7"))
    painting.draw(_houses(rng, kind, spots, light))
    if kind == "near" and rng.random() < 0.5:
        x = rng.choice((rng.uniform(6, 18), rng.uniform(82, 94)))
        painting.paste(drawings["evergreen-tree"], (x, rng.uniform(70, 80)), rng.uniform(28, 44))
    painting.draw(veil(light, 0.75))
    painting.draw(_windows(rng, spots, light))
    if rng.random() < 0.35:
        painting.draw(_snowfall(rng))
    return painting.finished()


def _ground(rng: Generator, kind: str, horizon: float) -> np.ndarray:
    """Heights of the snow's upper edge: a slope, or a valley with its lowest place anywhere."""
    x = np.linspace(-1, 1, 9)
    if kind == "slope":
        line = horizon + float(rng.choice((-1, 1))) * rng.uniform(12, 20) * x
    else:
        line = horizon + 6 - rng.uniform(4, 16) * (x - rng.uniform(-0.5, 0.5)) ** 2
    return np.asarray(line + rng.normal(0, 0.8, 9))


def _spots(rng: Generator, kind: str, ground: np.ndarray) -> list[tuple[float, float, float]]:
    """Where houses stand, far ones first: x, foot and half the width of each."""
    count = int({"near": 3, "church": 5}.get(kind, rng.integers(4, 12)))
    most = rng.uniform(6, 9) if count > 7 else rng.uniform(8, 12)
    columns = rng.permutation(np.linspace(8, 92, count)) + rng.uniform(-4, 4, count)
    spots = []
    for x, depth in zip(columns, np.sort(rng.uniform(0.08, 0.75, count)), strict=True):
        top = float(np.interp(x, np.linspace(0, 100, len(ground)), ground))
        if kind == "near":
            depth *= 0.4
        spots.append((float(x), top + depth * (94 - top) + 2, most * (0.55 + 0.7 * depth)))
    if kind == "near":
        spots.append((rng.uniform(24, 76), rng.uniform(88, 98), rng.uniform(17, 24)))
    return spots


def _houses(
    rng: Generator, kind: str, spots: list[tuple[float, float, float]], light: Light
) -> str:
    tower = int(rng.integers(len(spots))) if kind == "church" else -1
    green = pick(rng, ("#2f5f4a", "#3a6b58", "#27503f", "#41705a"))
    shapes = ""
    for number, (x, foot, w) in enumerate(spots):
        for _ in range(rng.integers(0, 3)):
            away = x + rng.choice((-1, 1)) * w * rng.uniform(1.2, 2.2)
            shapes += fir(away, foot - rng.uniform(0, 2), w * rng.uniform(1.6, 2.8), green, True)
        wall = pick(rng, WALLS)
        if number == tower:
            shapes += _church(x, foot, w * 1.3)
        elif rng.random() < 0.3:
            shapes += _side_on(x, foot, w, wall)
        else:
            shapes += _gable(x, foot, w, wall)
    return shapes


def _gable(x: float, foot: float, w: float, wall: str) -> str:
    """A house seen from its gable: a white roof, its eaves below the snow."""
    eaves, top = foot - w, foot - w * 2.1
    return (
        f'<path d="M{x - w * 0.85} {foot}V{eaves}L{x} {top}L{x + w * 0.85} {eaves}V{foot}Z" '
        f'fill="{wall}"/><path d="M{x - w * 1.15} {eaves + w * 0.2}L{x} {top}L{x + w * 1.15} '
        f'{eaves + w * 0.2}" fill="none" stroke="#8fa5bd" stroke-width="{w * 0.46}"/>'
        f'<path d="M{x - w * 1.15} {eaves + w * 0.12}L{x} {top - w * 0.1}L{x + w * 1.15} '
        f'{eaves + w * 0.12}" fill="none" stroke="#fff" stroke-width="{w * 0.36}"/>'
    )


def _side_on(x: float, foot: float, w: float, wall: str) -> str:
    """A house seen from its long side, a chimney on the roof."""
    eaves, top = foot - w * 0.9, foot - w * 1.8
    return (
        f'<rect x="{x + w * 0.5}" y="{top - w * 0.3}" width="{w * 0.3}" height="{w * 0.7}" '
        f'fill="#6b4a3a"/><rect x="{x - w * 1.1}" y="{eaves}" width="{w * 2.2}" '
        f'height="{foot - eaves}" fill="{wall}"/><path d="M{x - w * 1.35} {eaves}L{x - w * 0.9} '
        f'{top}H{x + w * 0.9}L{x + w * 1.35} {eaves}Z" fill="#fff" stroke="#8fa5bd" '
        f'stroke-width="{w * 0.1}"/>'
    )


def _church(x: float, foot: float, w: float) -> str:
    """A white nave and a tower with a pointed spire."""
    left = x - w * 0.8
    return _side_on(x + w * 0.5, foot, w * 0.8, "#f1e6d2") + (
        f'<rect x="{left}" y="{foot - w * 2}" width="{w * 0.7}" height="{w * 2}" fill="#e6d8bf"/>'
        f'<path d="M{left - w * 0.1} {foot - w * 2}L{left + w * 0.35} {foot - w * 3.6}'
        f'L{left + w * 0.8} {foot - w * 2}Z" fill="#56687e"/>'
        f'<path d="M{left + w * 0.1} {foot - w * 2.7}L{left + w * 0.35} {foot - w * 3.6}'
        f'L{left + w * 0.6} {foot - w * 2.7}Z" fill="#fff"/>'
        f'<circle cx="{left + w * 0.35}" cy="{foot - w * 1.5}" r="{w * 0.18}" fill="#5b6b82"/>'
    )


def _windows(rng: Generator, spots: list[tuple[float, float, float]], light: Light) -> str:
    """Windows, one to three a house; lamps are on when it is dark, and at times by day."""
    dark = light.depth > 0.3
    glass = "#ffd95a" if dark or rng.random() < 0.5 else "#5b6f86"
    shapes = ""
    for x, foot, w in spots:
        side = w * 0.36
        for dx in ((-0.42, 0.42), (0.0,), (-0.42, 0.42))[rng.integers(3)]:
            shapes += (
                f'<rect x="{x + dx * w - side / 2}" y="{foot - w * 0.72}" width="{side}" '
                f'height="{side * 1.1}" fill="{glass}"/>'
            )
        if dark:
            shapes += (
                f'<circle cx="{x}" cy="{foot - w / 2}" r="{w * 1.1}" fill="#ffc04a" opacity=".2"/>'
            )
    return shapes


def _snowfall(rng: Generator) -> str:
    return "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.2f}" fill="#fff" opacity=".9"/>'
        for x, y, r in rng.uniform((0, 0, 0.5), (100, 100, 1.3), (int(rng.integers(20, 46)), 3))
    )

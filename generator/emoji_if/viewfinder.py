"""How a scene is looked at: which part of it fills the picture, and in what light and colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.random import Generator
from PIL import Image

from emoji_if.canvas import paste, svg

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in a 100 x 100 coordinate system."""

Value = TypeVar("Value")

TINTED = 0.25
"""How often a scene is painted in the shades of one palette, so that it can share them with another
picture, as the two pictures of a visual anagram must."""

PALETTES = (
    ("#1c120b", "#6b4527", "#c49a66", "#f7ead2"),
    ("#0a1730", "#2b5688", "#7fb0d6", "#eaf4fb"),
    ("#2a0f14", "#a83f1e", "#f09a3e", "#fdeec2"),
    ("#0d1a12", "#3d6a45", "#9cbd7d", "#f1f5dc"),
    ("#1a1026", "#5f3f78", "#c98fa8", "#fbeee6"),
    ("#111417", "#555c63", "#a9afb3", "#f5f4f0"),
    ("#0c2430", "#2f7f86", "#d9a866", "#fbf0d6"),
)
"""Four shades each, from dark to light."""


def pick(rng: Generator, values: Sequence[Value]) -> Value:
    return values[int(rng.integers(len(values)))]


@dataclass(frozen=True)
class Frame:
    """What is seen of a scene: `zoom` times enlarged around (x, y), turned clockwise by degrees."""

    x: float = 50.0
    y: float = 50.0
    zoom: float = 1.0
    degrees: float = 0.0

    @staticmethod
    def around(rng: Generator, box: Box, most: float = 1.6, tilt: float = 3.0) -> Frame:
        """A random part of the scene that shows all of the box, and nothing outside the scene."""
        left, top, right, bottom = box
        degrees = float(rng.normal(0, tilt / 2)) if rng.random() < 0.6 else 0.0
        degrees = float(np.clip(degrees, -tilt, tilt))
        turned = float(np.cos(np.deg2rad(degrees)) + np.sin(np.deg2rad(abs(degrees))))
        most = min(most, 100 / max(right - left, bottom - top))
        if turned >= most:
            degrees, turned = 0.0, 1.0
        zoom = float(rng.uniform(turned, max(most, turned)))
        seen, inside = 50 / zoom, 50 / zoom * turned
        x, y = (
            np.clip(high - seen + rng.random() * (low - high + 2 * seen), inside, 100 - inside)
            for low, high in ((left, right), (top, bottom))
        )
        return Frame(float(x), float(y), zoom, degrees)

    def shapes(self, body: str) -> str:
        """SVG shapes of the scene, as they are seen."""
        return (
            f'<g transform="translate(50 50) rotate({self.degrees}) scale({self.zoom}) '
            f'translate({-self.x} {-self.y})">{body}</g>'
        )

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the scene is seen."""
        angle = np.deg2rad(self.degrees)
        across, down = self.zoom * (x - self.x), self.zoom * (y - self.y)
        return (
            float(50 + across * np.cos(angle) - down * np.sin(angle)),
            float(50 + across * np.sin(angle) + down * np.cos(angle)),
        )


class Painting:
    """A scene on its canvas, painted from back to front, seen through a frame."""

    def __init__(self, size: int, frame: Frame | None = None) -> None:
        self._size = size
        self._canvas: Image.Image | None = None
        self._frame = frame or Frame()
        self._waiting: list[str] = []

    def draw(self, body: str) -> None:
        """SVG shapes; those between two drawings are rasterised together."""
        self._waiting.append(body)

    def paste(
        self,
        drawing: np.ndarray,
        centre: tuple[float, float],
        width: float,
        mirror: bool = False,
        degrees: float = 0.0,
    ) -> None:
        """A drawing, as `canvas.paste` has it."""
        canvas, frame = self.finished(), self._frame
        turned = degrees - frame.degrees
        paste(canvas, drawing, frame.point(*centre), width * frame.zoom, mirror, turned)

    def finished(self) -> Image.Image:
        """The canvas with all that was painted so far."""
        if self._waiting or self._canvas is None:
            layer = svg(self._frame.shapes("".join(self._waiting)), self._size)
            self._waiting.clear()
            if self._canvas is None:
                self._canvas = layer
            else:
                self._canvas.alpha_composite(layer)
        return self._canvas


def tinted(picture: Image.Image, rng: Generator) -> Image.Image:
    """An opaque picture, drawn towards the shades of one palette."""
    shades = pick(rng, PALETTES)
    luma = picture.convert("L")
    bands = []
    for first in (1, 3, 5):
        channel = [int(shade[first : first + 2], 16) for shade in shades]
        bands.append(luma.point(np.interp(range(256), (0, 85, 170, 255), channel).tolist()))
    toned = Image.merge("RGB", bands)
    return Image.blend(picture.convert("RGB"), toned, rng.uniform(0.35, 0.75)).convert("RGBA")

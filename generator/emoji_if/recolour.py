"""Colours a caption can ask for, and small differences of palette that it need not name."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from PIL import Image

HUES = {
    "red": 0,
    "orange": 28,
    "yellow": 52,
    "green": 125,
    "blue": 218,
    "purple": 278,
    "pink": 330,
    "brown": 25,
}
"""Degrees on the colour wheel."""

REACH = 50.0
"""How far from a drawing's main hue, in degrees, a pixel still has the colour that is changed."""


def recoloured(drawing: np.ndarray, colour: str) -> np.ndarray:
    """The drawing, (S, S, 4) uint8 RGBA, in another colour.

    What has the drawing's main hue turns to the asked one, so that windows and eyes stay. A drawing
    of greys is tinted as a whole.
    """
    hue, saturation, value = _split(drawing)
    if colour in ("black", "white", "gray"):
        saturation = saturation * 0.12
        dark, light = {"black": (0.02, 0.38), "white": (0.55, 1.0), "gray": (0.2, 0.75)}[colour]
        return _join(hue, saturation, dark + (light - dark) * value, drawing)
    target = float(HUES[colour])
    weight = saturation * value * (drawing[..., 3] / 255) * (saturation > 0.25)
    if weight.sum() < 0.08 * (drawing[..., 3] / 255).sum():
        pixels = value > 0.12
        shift = np.zeros_like(hue)
    else:
        angle = np.deg2rad(hue)
        turn = np.arctan2((weight * np.sin(angle)).sum(), (weight * np.cos(angle)).sum())
        shift = (hue - np.rad2deg(turn) + 180) % 360 - 180
        pixels = (np.abs(shift) < REACH) & (saturation > 0.12)
    hue = np.where(pixels, target + 0.25 * shift, hue) % 360
    saturation = np.where(pixels, np.clip(saturation, 0.62, 1), saturation)
    if colour == "brown":
        value = np.where(pixels, value * 0.58, value)
    elif colour == "pink":
        saturation = np.where(pixels, saturation * 0.5, saturation)
        value = np.where(pixels, 0.35 + 0.65 * value, value)
    elif colour in ("yellow", "orange"):
        value = np.where(pixels, 0.25 + 0.75 * value, value)
    return _join(hue, saturation, value, drawing)


def varied(drawing: np.ndarray, rng: Generator) -> np.ndarray:
    """The drawing with a slightly other hue, saturation and brightness."""
    hue, saturation, value = _split(drawing)
    return _join(
        (hue + rng.normal(0, 5)) % 360,
        np.clip(saturation * rng.uniform(0.85, 1.15), 0, 1),
        np.clip(value * rng.uniform(0.9, 1.06), 0, 1),
        drawing,
    )


def _split(drawing: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hue in degrees, saturation and value in [0, 1]; (S, S) each."""
    hsv = np.asarray(Image.fromarray(drawing[..., :3]).convert("HSV"), np.float32)
    return hsv[..., 0] * (360 / 256), hsv[..., 1] / 255, hsv[..., 2] / 255


def _join(
    hue: np.ndarray, saturation: np.ndarray, value: np.ndarray, drawing: np.ndarray
) -> np.ndarray:
    hsv = np.stack([hue * (256 / 360) % 256, saturation * 255, value * 255], -1)
    rgb = np.asarray(Image.fromarray(hsv.astype(np.uint8), "HSV").convert("RGB"))
    return np.concatenate([rgb, drawing[..., 3:]], -1)

"""Pictures that teach only to remove noise: what photographs are made of, and drawings are not.

Dead leaves (Lee, Mumford and Huang 2001) have the statistics of natural pictures: things of all
sizes that hide one another. Crops of openly licensed photographs have their textures. They are
shown with so little noise that what they show is plain already, so none of it is ever drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from emoji_if.canvas import Drawings

MOST_NOISE = 0.6
"""Up to which part of the T timesteps these pictures are shown."""


class Textures:
    """Draws such pictures."""

    def __init__(self, photographs: Sequence[np.ndarray], drawings: Mapping[str, Drawings]) -> None:
        """photographs: (H, W, 3) uint8 each; drawings: leaves that have shapes."""
        self.photographs = photographs
        self._leaves = [drawn for icons in drawings.values() for drawn in icons.values()]

    def picture(self, size: int, rng: Generator) -> np.ndarray:
        """(size, size, 3) uint8."""
        if self.photographs and rng.random() < 0.5:
            return _toned(self._crop(size, rng), rng)
        leaves = self._dead_leaves(2 * size, rng)
        if rng.random() < 0.6:
            leaves = _grained(leaves, rng)
        return np.asarray(Image.fromarray(leaves).resize((size, size), Image.Resampling.BOX))

    def _crop(self, size: int, rng: Generator) -> np.ndarray:
        photograph = self.photographs[int(rng.integers(len(self.photographs)))]
        height, width, _ = photograph.shape
        side = int(min(height, width) * rng.uniform(0.3, 1.0))
        side = max(side, min(size, height, width))
        top, left = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
        crop = Image.fromarray(photograph[top : top + side, left : left + side])
        if rng.random() < 0.5:
            crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return np.asarray(crop.resize((size, size), Image.Resampling.BOX))

    def _dead_leaves(self, size: int, rng: Generator) -> np.ndarray:
        """Discs, bars and drawings, radii by a power law, later ones over earlier ones."""
        palette = rng.integers(0, 256, (rng.integers(3, 9), 3))
        image = Image.new("RGB", (size, size), tuple(int(c) for c in palette[0]))
        draw = ImageDraw.Draw(image)
        for _ in range(rng.integers(30, 140)):
            radius = min(0.02 * size / max(rng.random(), 1e-3) ** 0.7, size / 2)
            x, y = rng.uniform(0, size, 2)
            base = palette[rng.integers(len(palette))] + rng.normal(0, 14, 3)
            colour = tuple(int(c) for c in np.clip(base, 0, 255))
            shape = rng.random()
            if shape < 0.5:
                stretch = rng.uniform(0.4, 1)
                box = (x - radius, y - stretch * radius, x + radius, y + stretch * radius)
                draw.ellipse(box, fill=colour)
            elif shape < 0.85:
                angle, thin = rng.uniform(0, np.pi), rng.uniform(0.1, 1)
                along = radius * np.array([np.cos(angle), np.sin(angle)])
                across = thin * np.array([-along[1], along[0]])
                corners = [along + across, along - across, -along - across, across - along]
                draw.polygon([(x + c[0], y + c[1]) for c in corners], fill=colour)
            else:
                leaf = Image.fromarray(self._leaves[rng.integers(len(self._leaves))])
                side = max(4, int(2 * radius))
                leaf = leaf.resize((side, side), Image.Resampling.BILINEAR)
                leaf = leaf.rotate(rng.uniform(0, 360), Image.Resampling.BILINEAR)
                image.paste(leaf, (int(x - radius), int(y - radius)), leaf)
        return np.asarray(image)


def _toned(picture: np.ndarray, rng: Generator) -> np.ndarray:
    """A grey photograph in colours: light and shade each of a random tint, contrast varied."""
    grey = picture.astype(np.float32).mean(-1, keepdims=True) / 255
    grey = np.clip((grey - 0.5) * rng.uniform(0.8, 1.4) + 0.5 + rng.normal(0, 0.06), 0, 1)
    if rng.random() < 0.2:
        return np.repeat(np.round(grey * 255).astype(np.uint8), 3, -1)
    knots = np.array([0.0, 0.35, 0.7, 1.0])
    tints = np.clip(knots[:, None] + rng.uniform(0, 0.16) * rng.normal(0, 1, (4, 3)), 0, 1)
    toned = np.stack([np.interp(grey[..., 0], knots, tints[:, c]) for c in range(3)], -1)
    return np.round(toned * 255).astype(np.uint8)


def _grained(picture: np.ndarray, rng: Generator) -> np.ndarray:
    """The picture under a random smooth light and a fine texture."""
    size = picture.shape[0]
    light = gaussian_filter(rng.normal(0, 1, (size, size)), size / rng.uniform(4, 12), mode="wrap")
    grain = gaussian_filter(rng.normal(0, 1, (size, size)), rng.uniform(0.6, 2.5), mode="wrap")
    field = rng.uniform(0, 0.2) * light / max(light.std(), 1e-6)
    field += rng.uniform(0, 0.09) * grain / max(grain.std(), 1e-6)
    grained: np.ndarray = np.clip(picture * (1 + field[..., None]), 0, 255).astype(np.uint8)
    return grained

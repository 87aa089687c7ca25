"""Media a caption can name: each turns a composed picture into one that looks made that way.

Pictures are (S, S, 3) float32 in [0, 1]; filters keep shape and range.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from PIL import Image
from scipy.ndimage import gaussian_filter, sobel, uniform_filter

LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def kuwahara(image: np.ndarray, radius: int) -> np.ndarray:
    """The mean of the calmest of four windows around each pixel: strokes with sharp edges."""
    mean = uniform_filter(image, (2 * radius + 1, 2 * radius + 1, 1))
    square = uniform_filter(image**2, (2 * radius + 1, 2 * radius + 1, 1))
    variance = (square - mean**2).sum(-1)
    shifts = [(dy, dx) for dy in (-radius, radius) for dx in (-radius, radius)]
    variances = np.stack([np.roll(variance, shift, (0, 1)) for shift in shifts])
    means = np.stack([np.roll(mean, shift, (0, 1)) for shift in shifts])
    calmest = variances.argmin(0)[None, ..., None]
    strokes: np.ndarray = np.take_along_axis(means, calmest, 0)[0]
    return strokes


def oil(image: np.ndarray, rng: Generator) -> np.ndarray:
    """Brush strokes in warm colours."""
    painted = kuwahara(image, max(1, image.shape[0] // 60))
    warm = np.array([1.02, 0.97, 0.86], np.float32)
    return np.clip(((painted - 0.5) * 1.15 + 0.48) * warm, 0, 1)


def watercolour(image: np.ndarray, rng: Generator) -> np.ndarray:
    """Pale washes that bleed into white paper and dry darker at their edges."""
    size = image.shape[0]
    painted = kuwahara(image, max(1, size // 50))
    edges = np.hypot(sobel(painted @ LUMA, 0), sobel(painted @ LUMA, 1))
    wash = gaussian_filter(rng.random((size, size), np.float32), size / 12)
    wash = (wash - wash.min()) / max(float(np.ptp(wash)), 1e-6)
    strength = (0.5 + 0.25 * wash)[..., None]
    dried: np.ndarray = np.clip(1 - strength * (1 - painted) - 0.12 * edges[..., None], 0, 1)
    return dried


def lithograph(image: np.ndarray, rng: Generator) -> np.ndarray:
    """Black ink of strong contrast on paper."""
    ink = image @ LUMA
    low, high = float(np.quantile(ink, 0.02)), float(np.quantile(ink, 0.98))
    ink = np.clip((ink - low) / max(high - low, 0.05), 0, 1)
    ink = ink * ink * (3 - 2 * ink)
    edges = np.hypot(sobel(ink, 0), sobel(ink, 1))
    ink = np.clip(ink - 0.25 * edges, 0, 1)
    paper, black = np.array([0.93, 0.9, 0.83]), np.array([0.1, 0.09, 0.09])
    printed: np.ndarray = black + ink[..., None] * (paper - black)
    return printed


def sketch(image: np.ndarray, rng: Generator) -> np.ndarray:
    """Dark contours on white paper."""
    channels = [np.hypot(sobel(image[..., c], 0), sobel(image[..., c], 1)) for c in range(3)]
    edges = np.clip(np.max(channels, 0) * rng.uniform(0.5, 0.7), 0, 1)
    shade = 1 - 0.15 * (1 - image @ LUMA)
    return np.repeat((shade * (1 - 0.85 * edges))[..., None], 3, -1)


def monochrome(image: np.ndarray, rng: Generator) -> np.ndarray:
    """Greys, at times toned as an old print."""
    grey = np.repeat((image @ LUMA)[..., None], 3, -1)
    if rng.random() < 0.4:
        grey = grey * np.array([1.0, 0.93, 0.82], np.float32)
    printed: np.ndarray = np.clip((grey - 0.5) * rng.uniform(0.95, 1.2) + 0.5, 0, 1)
    return printed


def pixel(image: np.ndarray, rng: Generator) -> np.ndarray:
    """Sixteen by sixteen big pixels of few colours."""
    small = Image.fromarray((image * 255).astype(np.uint8)).resize((16, 16), Image.Resampling.BOX)
    big = small.resize(image.shape[:2], Image.Resampling.NEAREST)
    return np.round(np.asarray(big) / 255 * 7) / 7


def unchanged(image: np.ndarray, rng: Generator) -> np.ndarray:
    """The picture as composed."""
    return image


FILTERS = {
    "plain": unchanged,
    "photo": unchanged,
    "oil": oil,
    "lithograph": lithograph,
    "sketch": sketch,
    "watercolour": watercolour,
    "monochrome": monochrome,
    "pixel": pixel,
}

"""The same pictures, noised the same way, by which a training is followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from emoji_if.objective import Emphasis, Objective
from emoji_if.stream import Batch, Pictures, pixels

if TYPE_CHECKING:
    from emoji_if.stage_one import TextToImage

LEVELS = (100, 250, 500, 750, 950)
"""Timesteps whose velocity errors are told."""

COUNT = 12
SEED = 1_000_000


class Yardstick:
    """Velocity errors on fixed drawings, and how well fixed photographs lose their noise."""

    def __init__(self, drawings: Batch, photographs: Tensor) -> None:
        """photographs: (N, 3, S, S) in [-1, 1], of none that is trained on."""
        self.captions = drawings.captions
        self.drawings = drawings.pixels()
        self.photographs = photographs
        generator = torch.Generator().manual_seed(SEED)
        self.noise = torch.randn(self.drawings.shape, generator=generator)
        self.grain = torch.randn(photographs.shape, generator=generator)
        self.objective = Objective(torch.device("cpu"), Emphasis.detail)

    @classmethod
    def of(cls, pictures: Pictures, photograph: np.ndarray) -> Yardstick:
        """Drawings like those of `pictures`; square crops of a (H, W, 3) uint8 photograph."""
        drawn = Pictures(pictures.composer, None, pictures.size, COUNT, SEED)
        size = pictures.size
        whole = pixels(torch.tensor(photograph[None]))
        whole = torch.nn.functional.avg_pool2d(whole, 2)
        tops = range(0, whole.shape[2] - size + 1, size)
        lefts = range(0, whole.shape[3] - size + 1, size)
        crops = [whole[..., y : y + size, x : x + size] for y in tops for x in lefts]
        return cls(drawn.draw(COUNT, np.random.default_rng(SEED)), torch.cat(crops)[:6])

    @torch.no_grad()
    def errors(self, model: TextToImage) -> dict[int, float]:
        """Mean square velocity error at each of `LEVELS`."""
        device = next(model.parameters()).device
        text = model.embed(self.captions)
        found = {}
        for level in LEVELS:
            t = torch.full((len(self.drawings),), level)
            v = self.objective.velocity(self.drawings, t, self.noise)
            seen = self.objective.noised(self.drawings, t, self.noise).to(device)
            v_hat = model.unet.velocity(seen, t.to(device), text)[0].float().cpu()
            found[level] = (v_hat - v).square().mean().item()
        return found

    @torch.no_grad()
    def restoration(self, model: TextToImage, level: int = 250) -> float:
        """Mean PSNR in dB of the photographs' one-step estimates at a timestep."""
        device = next(model.parameters()).device
        t = torch.full((len(self.photographs),), level)
        seen = self.objective.noised(self.photographs, t, self.grain)
        text = model.embed(["a high quality photo"] * len(t))
        v_hat = model.unet.velocity(seen.to(device), t.to(device), text)[0].float().cpu()
        x0 = self.objective.clean(seen, t, v_hat).clamp(-1, 1)
        error = (x0 - self.photographs).square().flatten(1).mean(1)
        return (10 * torch.log10(4 / error)).mean().item()

    def measure(self, model: TextToImage) -> str:
        """Both, as a line for the log."""
        errors = "  ".join(f"v{level} {error:.4f}" for level, error in self.errors(model).items())
        return f"{errors}  photo {self.restoration(model):.2f} dB"

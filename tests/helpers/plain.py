"""Part A for one image, written from the assignment with diffusers alone: what ours must equal.

Every function draws its noise from `torch.Generator("cpu").manual_seed(seed)` in the order of use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import DDPMScheduler
from scipy.ndimage import gaussian_filter1d
from torch import Tensor
from transformers import AutoTokenizer, T5EncoderModel

TIMESTEPS = list(range(990, -1, -30))
Estimate = Callable[[Tensor, int], tuple[Tensor, Tensor]]
"""estimate(x, t) → (ε, predicted variance)."""


class Plain:
    """Stage I of an IF folder, asked for one image and one prompt at a time."""

    def __init__(self, folder: Path, unet: torch.nn.Module) -> None:
        self.unet = unet
        self.scheduler = DDPMScheduler.from_pretrained(folder / "scheduler")
        self.tokenizer = AutoTokenizer.from_pretrained(folder / "tokenizer")
        self.encoder = T5EncoderModel.from_pretrained(folder / "text_encoder").float()
        config: Any = unet.config
        self.encoded: dict[str, Tensor] = {}
        self.shape = (3, int(config.sample_size), int(config.sample_size))

    @torch.no_grad()
    def encode(self, prompt: str) -> Tensor:
        if prompt not in self.encoded:
            tokens = self.tokenizer(
                prompt, padding="max_length", max_length=77, truncation=True, return_tensors="pt"
            )
            words = self.encoder(tokens.input_ids, attention_mask=tokens.attention_mask)[0]
            self.encoded[prompt] = words
        return self.encoded[prompt]

    @torch.no_grad()
    def ask(self, x: Tensor, t: int, prompt: str) -> tuple[Tensor, Tensor]:
        output = self.unet(x[None], torch.tensor([t]), self.encode(prompt), return_dict=False)[0]
        return output[0, :3], output[0, 3:]

    def guided(self, prompt: str, scale: float) -> Estimate:
        def estimate(x: Tensor, t: int) -> tuple[Tensor, Tensor]:
            eps, variance = self.ask(x, t, prompt)
            eps_u, _ = self.ask(x, t, "")
            return eps_u + scale * (eps - eps_u), variance

        return estimate

    def forward(self, x0: Tensor, t: int, noise: Tensor) -> Tensor:
        a = self.scheduler.alphas_cumprod[t] if t >= 0 else torch.tensor(1.0)
        return a.sqrt() * x0 + (1 - a).sqrt() * noise

    def denoise(
        self,
        x: Tensor,
        timesteps: Sequence[int],
        estimate: Estimate,
        generator: torch.Generator,
        after: Callable[[Tensor, int], Tensor] = lambda x, t: x,
    ) -> Tensor:
        self.scheduler.set_timesteps(timesteps=[t for t in timesteps if t >= 0])
        bars = self.scheduler.alphas_cumprod
        for t, t_next in pairwise(timesteps):
            eps, variance = estimate(x, t)
            a, a_next = bars[t], bars[t_next] if t_next >= 0 else torch.tensor(1.0)
            alpha = a / a_next
            beta = 1 - alpha
            x0 = (x - (1 - a).sqrt() * eps) / a.sqrt()
            x = a_next.sqrt() * beta / (1 - a) * x0 + alpha.sqrt() * (1 - a_next) / (1 - a) * x
            if t_next >= 0:
                log_variance = self.scheduler._get_variance(t, predicted_variance=variance)
                x = x + (0.5 * log_variance).exp() * torch.randn(self.shape, generator=generator)
            x = after(x, t_next)
        return x


def sample(
    plain: Plain, prompt: str, scale: float, seed: int, timesteps: Sequence[int] = TIMESTEPS
) -> Tensor:
    generator = torch.Generator("cpu").manual_seed(seed)
    x = torch.randn(plain.shape, generator=generator)
    return plain.denoise(x, timesteps, plain.guided(prompt, scale), generator)


def iterative(plain: Plain, image: Tensor, i_start: int, prompt: str, seed: int) -> Tensor:
    generator = torch.Generator("cpu").manual_seed(seed)
    timesteps = TIMESTEPS[i_start:]
    x = plain.forward(image, timesteps[0], torch.randn(plain.shape, generator=generator))
    return plain.denoise(x, timesteps, lambda x, t: plain.ask(x, t, prompt), generator)


def sdedit(
    plain: Plain, image: Tensor, i_start: int, prompt: str, scale: float, seed: int
) -> Tensor:
    generator = torch.Generator("cpu").manual_seed(seed)
    timesteps = TIMESTEPS[i_start:]
    x = plain.forward(image, timesteps[0], torch.randn(plain.shape, generator=generator))
    return plain.denoise(x, timesteps, plain.guided(prompt, scale), generator)


def inpaint(
    plain: Plain,
    image: Tensor,
    mask: Tensor,
    prompt: str,
    scale: float,
    seed: int,
    timesteps: Sequence[int] = TIMESTEPS,
) -> Tensor:
    generator = torch.Generator("cpu").manual_seed(seed)

    def after(x: Tensor, t: int) -> Tensor:
        noise = torch.randn(plain.shape, generator=generator)
        return mask * x + (1 - mask) * plain.forward(image, t, noise)

    x = torch.randn(plain.shape, generator=generator)
    return plain.denoise(x, timesteps, plain.guided(prompt, scale), generator, after)


def anagram(
    plain: Plain,
    prompt: str,
    flipped: str,
    scale: float,
    seed: int,
    timesteps: Sequence[int] = TIMESTEPS,
) -> Tensor:
    generator = torch.Generator("cpu").manual_seed(seed)

    def estimate(x: Tensor, t: int) -> tuple[Tensor, Tensor]:
        eps_1, variance_1 = plain.guided(prompt, scale)(x, t)
        eps_2, variance_2 = plain.guided(flipped, scale)(x.flip(1), t)
        return (eps_1 + eps_2.flip(1)) / 2, (variance_1 + variance_2.flip(1)) / 2

    x = torch.randn(plain.shape, generator=generator)
    return plain.denoise(x, timesteps, estimate, generator)


def hybrid(
    plain: Plain,
    low: str,
    high: str,
    scale: float,
    kernel_size: int,
    sigma: float,
    seed: int,
    timesteps: Sequence[int] = TIMESTEPS,
) -> Tensor:
    generator = torch.Generator("cpu").manual_seed(seed)

    def estimate(x: Tensor, t: int) -> tuple[Tensor, Tensor]:
        eps_low, variance_low = plain.ask(x, t, low)
        eps_high, variance_high = plain.ask(x, t, high)
        eps_u, _ = plain.ask(x, t, "")
        eps = blur(eps_low, kernel_size, sigma) + eps_high - blur(eps_high, kernel_size, sigma)
        return eps_u + scale * (eps - eps_u), (variance_low + variance_high) / 2

    x = torch.randn(plain.shape, generator=generator)
    return plain.denoise(x, timesteps, estimate, generator)


def blur(image: Tensor, kernel_size: int, sigma: float) -> Tensor:
    """Scipy's Gaussian of exactly that width; "mirror" is what torch calls "reflect"."""
    blurred = image.double().numpy()
    for axis in (-2, -1):
        blurred = gaussian_filter1d(
            blurred, sigma, axis=axis, mode="mirror", radius=kernel_size // 2
        )
    return torch.from_numpy(np.ascontiguousarray(blurred)).to(image.dtype)

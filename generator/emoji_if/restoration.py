"""How well stage I removes noise from photographs it never saw, beside the best blur."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from emoji_if.drawings import DataError
from emoji_if.objective import Emphasis, Objective
from emoji_if.pipelines import load_stage_1
from fwd_report.diffusion.filters import gaussian_blur
from fwd_report.models.prompts import embed

LEVELS = (250, 500, 750)
SIGMAS = tuple(0.4 + 0.1 * step for step in range(27))
"""Widths of the blurs, in pixels, among which each picture takes its best."""

PROMPT = "a high quality photo"


def read_photos(folder: Path) -> dict[str, Tensor]:
    """The folder's pictures by name: their middle square, (3, 64, 64) in [-1, 1]."""
    paths = [path for path in sorted(folder.iterdir()) if path.suffix in (".jpg", ".png")]
    if not paths:
        raise DataError(f"{folder} has no .jpg and no .png")
    photos = {}
    for path in paths:
        image = ImageOps.exif_transpose(Image.open(path)).convert("RGBA")
        ground = Image.new("RGBA", image.size, "white")
        whole = Image.alpha_composite(ground, image).convert("RGB")
        square = ImageOps.fit(whole, (64, 64), Image.Resampling.LANCZOS)
        photos[path.stem] = torch.from_numpy(np.array(square)).permute(2, 0, 1) / 127.5 - 1
    return photos


def psnr(estimate: Tensor, original: Tensor) -> Tensor:
    """(B,) dB of (B, 3, S, S) clamped to [-1, 1]."""
    error = (estimate.clamp(-1, 1) - original).square().flatten(1).mean(1)
    return 10 * torch.log10(4 / error)


def best_blur(noisy: Tensor, original: Tensor) -> Tensor:
    """(B,) dB of each picture's best Gaussian blur: an upper bound of what a blur can do."""
    blurred = [psnr(gaussian_blur(noisy, 17, sigma), original) for sigma in SIGMAS]
    return torch.stack(blurred).max(0).values


@torch.inference_mode()
def measure(folder: Path, photos: Path) -> dict[str, object]:
    """PSNR in dB of the one-step estimate and of the best blur, per photo and timestep."""
    pipeline = load_stage_1(folder)
    seen = read_photos(photos)
    x0 = torch.stack(list(seen.values()))
    objective = Objective(torch.device("cpu"), Emphasis.detail)
    text = embed(pipeline.tokenizer, pipeline.text_encoder, [PROMPT]).expand(len(x0), -1, -1)
    result: dict[str, object] = {}
    for level in LEVELS:
        t = torch.full((len(x0),), level)
        noise = torch.randn(x0.shape, generator=torch.Generator().manual_seed(level))
        xt, abar = objective.noised(x0, t, noise), objective["abar"][t]
        eps = pipeline.unet(xt, t, text).sample[:, :3]
        ours = psnr((xt - (1 - abar).sqrt() * eps) / abar.sqrt(), x0)
        blur = best_blur(xt / abar.sqrt(), x0)
        result[f"t = {level}"] = {
            "one step": round(ours.mean().item(), 2),
            "best blur": round(blur.mean().item(), 2),
            "by photo": {
                name: [round(a.item(), 2), round(b.item(), 2)]
                for name, a, b in zip(seen, ours, blur, strict=True)
            },
        }
    return result

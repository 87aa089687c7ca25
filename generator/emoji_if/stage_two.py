"""Training of stage II: 64 to 256 px, on crops, with noise added to what it enlarges."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emoji_if.compose import Pool
from emoji_if.loop import Settings, optimise
from emoji_if.objective import Emphasis, Objective
from emoji_if.stage_one import TextToImage, batch_of
from emoji_if.vocabulary import Thing
from fwd_report.models.patched_unet import PatchedUNet2DConditionModel

MOST_NOISE = 400
"""The conditioning is noised to a level below this, half of the time below a quarter of it."""


def conditioning(images: Tensor) -> Tensor:
    """What `IFSuperResolutionPipeline` shows the network: 64 px enlarged to the images' size.

    images: (B, 3, S, S) in [-1, 1]; reduced by four, then enlarged as the pipeline does.
    """
    small = F.avg_pool2d(images, 4)
    return F.interpolate(small, images.shape[-2:], mode="bilinear", align_corners=True)


def train(
    model: PatchedUNet2DConditionModel,
    pool: Pool,
    things: Sequence[Thing],
    stage_one: TextToImage,
    checkpoint: Path,
    settings: Settings,
    crop: int,
) -> nn.Module:
    """Train until the budget ends, on `crop` pixels square; the averaged weights.

    stage_one lends its text encoder, which stays as it is.
    """
    model.train().to(settings.device, memory_format=torch.channels_last)
    if settings.device.type == "cuda":
        model.unet.compile()
    stage_one.to(settings.device).eval()
    objective = Objective(settings.device, Emphasis.detail)
    rng, lock = np.random.default_rng(), threading.Lock()

    def loss_of(replica: nn.Module) -> tuple[Tensor, dict[str, float]]:
        with lock:
            pixels, captions = batch_of(pool, things, settings.share, rng)
            top, left = rng.integers(0, (pixels.shape[-1] - crop) // 4 + 1, 2) * 4
        with torch.no_grad():
            window = (..., slice(top, top + crop), slice(left, left + crop))
            whole = pixels.to(settings.device)
            x0, low = whole[window], conditioning(whole)[window]
            text = stage_one.embed(captions)
            t = objective.timesteps(len(x0))
            level = (MOST_NOISE * torch.rand(len(x0), device=settings.device) ** 2).long()
            noise = torch.randn_like(x0)
            seen = objective.noised(low, level, torch.randn_like(low))
            inputs = torch.cat([objective.noised(x0, t, noise), seen], dim=1)
        with settings.autocast():
            v, variance = replica.velocity(inputs, t, text, level)
        error, bound = objective.loss(x0, t, noise, v, variance)
        return error + bound, {"error": error.item(), "bound": bound.item()}

    return optimise(
        model,
        loss_of,
        checkpoint,
        settings,
        describe="stage II",
        peak=1e-3,
    )

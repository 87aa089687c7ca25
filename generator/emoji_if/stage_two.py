"""Training of stage II: 64 to 256 px, on crops, from small pictures as faulty as stage I's."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emoji_if.gradients import Losses
from emoji_if.objective import Emphasis, Objective
from emoji_if.optimisation import Settings, Training, optimise
from emoji_if.stage_one import TextToImage
from emoji_if.stream import Batch, Stream
from fwd_report.models.patched_unet import PatchedUNet2DConditionModel

MOST_NOISE = 400
"""The conditioning is noised to a level below this, half of the time below a quarter of it."""

FAULTY = 0.5
"""How often the small picture is stage I's estimate of it, not the picture reduced."""

WORST = 600
"""The highest timestep from which stage I estimates."""


def enlarged(small: Tensor, size: int) -> Tensor:
    """What `IFSuperResolutionPipeline` shows the network: 64 px enlarged as the pipeline does."""
    return F.interpolate(small, (size, size), mode="bilinear", align_corners=True)


@torch.no_grad()
def with_faults(
    stage_one: TextToImage, objective: Objective, small: Tensor, text: Tensor
) -> Tensor:
    """Small pictures as stage I would leave them: noised, and estimated from that in one step.

    small: (B, 3, 64, 64) in [-1, 1]. What the estimate loses or makes up is what stage II has to
    live with.
    """
    t = (WORST * torch.rand(len(small), device=small.device)).long()
    seen = objective.noised(small, t, torch.randn_like(small))
    v = stage_one.unet.velocity(seen, t, text)[0].float()
    return objective.clean(seen, t, v).clamp(-1, 1)


def train(
    model: PatchedUNet2DConditionModel,
    stream: Stream,
    stage_one: TextToImage,
    checkpoint: Path,
    settings: Settings,
    crop: int,
) -> nn.Module:
    """Train until the budget ends, on `crop` pixels square; the averaged weights.

    stage_one lends its text encoder and its faults, and stays as it is.
    """
    model.train().to(settings.device, memory_format=torch.channels_last)
    stage_one.to(settings.device).eval()
    objective = Objective(settings.device, Emphasis.detail)

    def loss_of(model: PatchedUNet2DConditionModel, batch: Batch) -> tuple[Tensor, Losses]:
        whole = batch.pixels().to(settings.device)
        top, left = (4 * int(torch.randint((whole.shape[-1] - crop) // 4 + 1, ())) for _ in "yx")
        window = (..., slice(top, top + crop), slice(left, left + crop))
        with torch.no_grad(), settings.autocast():
            text = stage_one.embed(batch.captions)
            small = F.avg_pool2d(whole, 4)
            if torch.rand(()) < FAULTY:
                small = with_faults(stage_one, objective, small, text)
            x0, low = whole[window], enlarged(small, whole.shape[-1])[window]
            t = objective.timesteps(len(x0))
            level = (MOST_NOISE * torch.rand(len(x0), device=settings.device) ** 2).long()
            noise = torch.randn_like(x0)
            seen = objective.noised(low, level, torch.randn_like(low))
            inputs = torch.cat([objective.noised(x0, t, noise), seen], dim=1)
        with settings.autocast():
            v, variance = model.velocity(inputs, t, text, level)
        error, bound = objective.loss(x0, t, noise, v, variance)
        return error + bound, {"error": error.detach(), "bound": bound.detach()}

    training = Training(model, settings, peak=1e-3, muon_peak=0.015)
    if settings.resume:
        training.resume(checkpoint)
    return optimise(
        training,
        stream.take,
        loss_of,
        checkpoint,
        describe="stage II",
        inner=lambda model: model.unet,
    )

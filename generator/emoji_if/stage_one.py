"""Training of stage I: 64 px pictures from captions, through an encoder that can read."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import IFPipeline
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast, T5EncoderModel

from emoji_if.captions import MEDIA, caption
from emoji_if.compose import Pool
from emoji_if.loop import Settings, optimise
from emoji_if.networks import scheduler
from emoji_if.objective import Emphasis, Objective
from emoji_if.sample import draw, grid
from emoji_if.vocabulary import Thing
from fwd_report.models.patched_unet import PatchedUNet2DConditionModel
from fwd_report.models.text import embed

PREVIEW = (
    "a rocket ship",
    "an oil painting of an old man",
    "a lithograph of a skull",
    "a photo of a dog",
    "a pencil",
    "a photo of the amalfi coast",
)
"""What a training draws as it goes."""


class TextToImage(nn.Module):
    """Stage I with its text encoder, which only reads: its weights stay."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        encoder: T5EncoderModel,
        unet: PatchedUNet2DConditionModel,
    ) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.encoder = encoder.eval().requires_grad_(False)
        self.unet = unet

    @classmethod
    def of(cls, pipeline: IFPipeline) -> TextToImage:
        """The modules of a pipeline."""
        return cls(pipeline.tokenizer, pipeline.text_encoder, pipeline.unet)

    def pipeline(self) -> IFPipeline:
        """These very modules as diffusers' pipeline, without a progress bar."""
        pipeline = IFPipeline(
            tokenizer=self.tokenizer,
            text_encoder=self.encoder,
            unet=self.unet,
            scheduler=scheduler(),
            safety_checker=None,
            feature_extractor=None,
            watermarker=None,
            requires_safety_checker=False,
        )
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    def embed(self, captions: Sequence[str]) -> Tensor:
        """(B, 77, d_model)."""
        with torch.no_grad():
            return embed(self.tokenizer, self.encoder, captions)


def batch_of(
    pool: Pool, things: Sequence[Thing], size: int, rng: np.random.Generator
) -> tuple[Tensor, list[str]]:
    """`size` random pictures in [-1, 1], (B, 3, S, S), with captions."""
    media = list(MEDIA)
    chosen = rng.integers(0, len(pool.images), size)
    captions = [
        caption(things[t], media[m], rng)
        for t, m in zip(pool.things[chosen], pool.media[chosen], strict=True)
    ]
    pixels = torch.from_numpy(pool.images[chosen]).permute(0, 3, 1, 2).float() / 127.5 - 1
    return pixels, captions


def preview(model: TextToImage, to: Path) -> None:
    """Draw `PREVIEW` quickly, seed 0, into one PNG."""
    pictures = draw(model.pipeline(), PREVIEW, [0] * len(PREVIEW), steps=12)
    grid(pictures.cpu(), len(PREVIEW)).save(to)


def train(
    model: TextToImage,
    pool: Pool,
    things: Sequence[Thing],
    checkpoint: Path,
    settings: Settings,
    emphasis: Emphasis,
) -> TextToImage:
    """Train until the budget ends; the averaged weights, also left in the checkpoint.

    Beside it a sheet shows what the average draws so far: `PREVIEW`, in a few steps.
    """
    model.train().to(settings.device, memory_format=torch.channels_last)
    if settings.device.type == "cuda":
        model.unet.unet.compile()
    objective = Objective(settings.device, emphasis)
    rng, lock = np.random.default_rng(), threading.Lock()

    def loss_of(replica: TextToImage) -> tuple[Tensor, dict[str, float]]:
        with lock:
            pixels, captions = batch_of(pool, things, settings.share, rng)
        x0 = pixels.to(settings.device)
        t = objective.timesteps(len(x0))
        noise = torch.randn_like(x0)
        with settings.autocast():
            text = replica.embed(captions)
            v, variance = replica.unet.velocity(objective.noised(x0, t, noise), t, text)
        error, bound = objective.loss(x0, t, noise, v, variance)
        return error + bound, {"error": error.item(), "bound": bound.item()}

    return optimise(
        model,
        loss_of,
        checkpoint,
        settings,
        describe="stage I",
        peak=1e-3,
        on_checkpoint=lambda average: preview(average, checkpoint.with_suffix(".png")),
    )

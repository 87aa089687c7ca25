"""Training of the scorer on the drawings, one icon set held out."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedTokenizerFast

from emoji_if.captions import MEDIA, caption
from emoji_if.compose import Pool
from emoji_if.drawings import SETS
from emoji_if.loop import Settings, optimise
from emoji_if.scorer import contrastive, nearest
from emoji_if.vocabulary import Thing
from fwd_report.models.scorer import Towers, TowersScorer, tokenise

HELD_OUT = "emojione"


def as_pixels(images: np.ndarray) -> Tensor:
    """(B, S, S, 3) uint8 to (B, 3, S, S) in [-1, 1]."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1


def disturbed(pictures: Tensor) -> Tensor:
    """Shifted, blurred, noised and recoloured, as a generator's pictures may be."""
    shift = [int(s) for s in torch.randint(-5, 6, (2,))]
    pictures = torch.roll(pictures, shift, (2, 3))
    if torch.rand(()) < 0.4:
        small = F.avg_pool2d(pictures, 2)
        pictures = F.interpolate(small, scale_factor=2, mode="bilinear")
    count, device = len(pictures), pictures.device
    tint = 1 + 0.15 * torch.randn(count, 3, 1, 1, device=device)
    light = 0.15 * torch.randn(count, 1, 1, 1, device=device)
    noise = 0.25 * torch.rand(count, 1, 1, 1, device=device) * torch.randn_like(pictures)
    return (pictures * tint + light + noise).clamp(-1, 1)


def train(
    pool: Pool,
    things: Sequence[Thing],
    tokenizer: PreTrainedTokenizerFast,
    checkpoint: Path,
    settings: Settings,
) -> tuple[TowersScorer, float]:
    """The trained scorer, and its top-1 retrieval on the set it has not seen.

    A picture is told from the others of its worker's share, so one worker should have them all.
    """
    torch.manual_seed(0)
    towers = Towers(len(tokenizer)).to(settings.device, memory_format=torch.channels_last)
    seen = np.flatnonzero(pool.sets != list(SETS).index(HELD_OUT))
    rng, lock, media = np.random.default_rng(), threading.Lock(), list(MEDIA)

    def loss_of(replica: nn.Module) -> tuple[Tensor, dict[str, float]]:
        with lock:
            chosen = seen[rng.integers(0, len(seen), settings.share)]
            captions = [
                caption(things[t], media[m], rng, vague=False)
                for t, m in zip(pool.things[chosen], pool.media[chosen], strict=True)
            ]
        pictures = disturbed(as_pixels(pool.images[chosen]).to(settings.device))
        which = torch.from_numpy(pool.things[chosen]).to(settings.device)
        with settings.autocast():
            looked = replica.images(pictures)
            read = replica.texts(tokenise(tokenizer, captions).to(settings.device))
        loss = contrastive(looked.float(), read.float(), which, replica.log_scale)
        return loss, {"contrastive": loss.item()}

    towers = optimise(
        towers,
        loss_of,
        checkpoint,
        settings,
        describe="scorer",
        peak=2e-3,
    ).cpu()
    unseen = np.flatnonzero(pool.sets == list(SETS).index(HELD_OUT))[:2000]
    scorer = TowersScorer(towers, tokenizer)
    names = [thing.name for thing in things]
    answers = nearest(scorer, as_pixels(pool.images[unseen]), names)
    right = answers == torch.from_numpy(pool.things[unseen])
    return scorer, right.float().mean().item()

"""Training of the scorer on the drawings, one icon set held out, and its examination."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import PreTrainedTokenizerFast

from emoji_if.compose import Composer
from emoji_if.examination import ask, rights
from emoji_if.gradients import Losses
from emoji_if.judging import contrastive, nearest
from emoji_if.optimisation import Settings, Training, optimise
from emoji_if.stream import Batch, Stream
from emoji_if.things import Thing
from fwd_report.models.scorer import Scorer
from fwd_report.models.towers import Towers, TowersScorer, tokenise


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
    stream: Stream,
    things: Sequence[Thing],
    tokenizer: PreTrainedTokenizerFast,
    checkpoint: Path,
    settings: Settings,
) -> TowersScorer:
    """The trained scorer. stream: without `HELD_OUT`.

    A picture is told from the others of its worker's share, so one worker should have them all.
    """
    torch.manual_seed(0)
    towers = Towers(len(tokenizer))
    towers.to(settings.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss_of(towers: Towers, batch: Batch) -> tuple[Tensor, Losses]:
        pictures = disturbed(batch.pixels().to(settings.device))
        which = batch.things.to(settings.device)
        with settings.autocast():
            looked = towers.images(pictures)
            read = towers.texts(tokenise(tokenizer, batch.captions).to(settings.device))
        loss = contrastive(looked.float(), read.float(), which, towers.log_scale)
        return loss, {"contrastive": loss.detach()}

    training = Training(towers, settings, peak=2e-3, muon_peak=0.015)
    if settings.resume:
        training.resume(checkpoint)
    towers = optimise(training, stream.take, loss_of, checkpoint, describe="scorer").cpu()
    return TowersScorer(towers, tokenizer)


def examine(scorer: Scorer, composer: Composer) -> dict[str, float]:
    """Top-1 retrieval of the held-out set's drawings among all names, as `rights` says."""
    names = [thing.name for thing in composer.things]
    return rights(ask(lambda pictures: nearest(scorer, pictures, names), composer))

"""The text encoder's lesson: to tell captions apart, before any picture is drawn.

Trained with the pictures alone, a small encoder learns media at once and nouns hardly: the drawing
network cannot use what the encoder does not yet say, and so never asks for it. So the encoder first
learns to name the thing and the medium of a caption at each of its positions, padding included,
for `IFPipeline` shows the network all of them. Then it stays as it is, as DeepFloyd's T5 does.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedTokenizerFast, T5EncoderModel

from emoji_if.captions import MEDIA, caption
from emoji_if.loop import Settings, optimise
from emoji_if.networks import TEXT_WIDTH, text_encoder
from emoji_if.vocabulary import Thing
from fwd_report.models.text import embed

SHARPNESS = 10.0


class Reader(nn.Module):
    """A text encoder with a direction for every thing and medium, and one for "not said"."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, things: int) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.encoder = text_encoder(tokenizer)
        self.things = nn.Parameter(torch.randn(things + 1, TEXT_WIDTH))
        self.media = nn.Parameter(torch.randn(len(MEDIA) + 1, TEXT_WIDTH))

    def loss(self, captions: Sequence[str], things: Tensor, media: Tensor) -> Tensor:
        """Mean cross entropy over all positions of the directions' cosines, for both questions."""
        said = F.normalize(embed(self.tokenizer, self.encoder, captions).float(), dim=-1)

        def ask(directions: Tensor, answer: Tensor) -> Tensor:
            cosines = said @ F.normalize(directions, dim=-1).T
            return F.cross_entropy(
                SHARPNESS * cosines.flatten(0, 1), answer.repeat_interleave(said.shape[1])
            )

        return ask(self.things, things) + ask(self.media, media)


def teach(
    tokenizer: PreTrainedTokenizerFast,
    things: Sequence[Thing],
    checkpoint: Path,
    settings: Settings,
) -> T5EncoderModel:
    """The encoder after its lesson, in which empty and vague captions are "not said"."""
    torch.manual_seed(0)
    reader = Reader(tokenizer, len(things)).to(settings.device)
    rng, lock, media = np.random.default_rng(), threading.Lock(), list(MEDIA)

    def loss_of(replica: nn.Module) -> tuple[Tensor, dict[str, float]]:
        with lock:
            which = rng.integers(0, len(things), settings.share)
            how = rng.integers(0, len(media), settings.share)
            told = [
                caption(things[t], media[m], rng, vague=False)
                for t, m in zip(which, how, strict=True)
            ]
        for i in range(0, len(told), 8):
            told[i], which[i], how[i] = "", len(things), len(media)
        for i in range(4, len(told), 16):
            told[i], which[i], how[i] = "a high quality photo", len(things), media.index("photo")
        answers = [torch.from_numpy(numbers).to(settings.device) for numbers in (which, how)]
        loss = replica.loss(told, *answers)
        return loss, {"cross entropy": loss.item()}

    return optimise(
        reader,
        loss_of,
        checkpoint,
        settings,
        describe="reading",
        peak=3e-3,
    ).encoder

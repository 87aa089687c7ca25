"""Training of the scorer on the drawings, one icon set held out, and its examination."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn import functional as F
from transformers import PreTrainedTokenizerFast

from emoji_if.captions import MEDIA, Shown, caption
from emoji_if.compose import Composer
from emoji_if.examination import ask, rights
from emoji_if.gradients import Losses
from emoji_if.judge import Judge
from emoji_if.judge_pictures import Labelled, spoilt
from emoji_if.judging import nearest
from emoji_if.optimisation import Settings, Training, optimise
from emoji_if.things import Thing
from fwd_report.models.scorer import Scorer
from fwd_report.models.towers import MOST_LOG_SCALE, SIZE, Towers, TowersScorer, tokenise

HALF = 0.5
"""The part of a target that is the picture's name; the other is what the judge says."""


def train(
    drawn: Labelled,
    things: Sequence[Thing],
    tokenizer: PreTrainedTokenizerFast,
    judge: Judge,
    checkpoint: Path,
    settings: Settings,
) -> TowersScorer:
    """The trained scorer: what it says of a picture is to be what the judge says, and right.

    drawn: without `HELD_OUT`, all of which are spoilt anew each time. Every name is asked for by
    another caption at each step, so that only what names a thing counts. The judge is larger and
    knows photographs; its answers tell more than a name does (Hinton et al. 2015).
    """
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    towers = Towers(len(tokenizer))
    towers.to(settings.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    judge = judge.to(settings.device, memory_format=torch.channels_last).eval()  # type: ignore[call-overload]

    def draw() -> Labelled:
        chosen = torch.randint(len(drawn.things), (settings.share,))
        return Labelled(drawn.images[chosen], drawn.things[chosen])

    def loss_of(towers: Towers, some: Labelled) -> tuple[Tensor, Losses]:
        pictures = spoilt(some.images.to(settings.device), SIZE)
        named = [asked_for(number, things, rng) for number in range(len(things))]
        with settings.autocast():
            with torch.no_grad():
                taught = judge(pictures).float().softmax(1)
            looked = towers.images(pictures)
            read = towers.texts(tokenise(tokenizer, named).to(settings.device))
        scale = towers.log_scale.clamp(max=MOST_LOG_SCALE).exp()
        logits = scale * looked.float() @ read.float().T
        right = F.one_hot(some.things.to(settings.device), len(things))
        loss = F.cross_entropy(logits, HALF * right + (1 - HALF) * taught)
        return loss, {"cross-entropy": loss.detach()}

    training = Training(towers, settings, peak=2e-3, muon_peak=0.015)
    if settings.resume:
        training.resume(checkpoint)
    towers = optimise(training, draw, loss_of, checkpoint, describe="scorer").cpu()
    return TowersScorer(towers, tokenizer)


def asked_for(thing: int, things: Sequence[Thing], rng: Generator) -> str:
    """A caption of the thing alone, in any medium."""
    return caption(Shown(thing, str(rng.choice(list(MEDIA)))), things, rng)


def examine(scorer: Scorer, composer: Composer) -> dict[str, float]:
    """Top-1 retrieval of the held-out set's drawings among all names, as `rights` says."""
    names = [thing.name for thing in composer.things]
    return rights(ask(lambda pictures: nearest(scorer, pictures, names), composer))

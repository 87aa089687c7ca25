"""The text encoder's lesson: to tell captions apart, before any picture is drawn.

Trained with the pictures alone, a small encoder learns media at once and nouns hardly: the drawing
network cannot use what the encoder does not yet say, and so never asks for it. So the encoder first
learns to answer questions about a caption (which thing, which second one, where, in which colour)
at each of its positions, padding included, for `IFPipeline` shows the network all of them. Then it
stays as it is, as DeepFloyd's T5 does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedTokenizerFast

from emoji_if.captions import (
    COLOURS,
    KINDS,
    MEDIA,
    PLACES,
    SIZES,
    WORN,
    Clarity,
    Plan,
    Shown,
    caption,
)
from emoji_if.gradients import Losses
from emoji_if.optimisation import Settings, Training, optimise
from emoji_if.stage_networks import TEXT_WIDTH, text_encoder
from emoji_if.things import Thing
from fwd_report.models.folder_layout import TOKENS
from fwd_report.models.text_gallery import Pointer

SHARPNESS = 10.0
SHORT = 18
"""Tokens most of the lesson's captions are padded to: shorter than `TOKENS`, and so cheaper."""

TWICE = ("two",) * len(KINDS)
"""Kinds shown beyond one of each: that a caption names two things is hardest to learn."""

POINTED = ("thing", "second")
"""The questions that the pointer's slots answer."""

_LISTS = {
    "medium": list(MEDIA),
    "place": list(PLACES),
    "colour": list(COLOURS),
    "size": list(SIZES),
    "worn": list(WORN),
}


def answers(shown: Shown, things: int) -> dict[str, int]:
    """What a caption of it says, by question; 0 is "not said"."""
    said = {"thing": 0, "second": 0, **dict.fromkeys(_LISTS, 0)}
    if shown.clarity is Clarity.nothing:
        return said
    said["medium"] = 1 + _LISTS["medium"].index(shown.medium)
    if shown.clarity is Clarity.anything:
        return said
    said["thing"] = 1 + shown.thing
    said["second"] = 0 if shown.second is None else 1 + shown.second
    for question, answer in (
        *(("place", shown.place), ("colour", shown.colour)),
        *(("size", shown.size), ("worn", shown.worn)),
    ):
        said[question] = 0 if answer is None else 1 + _LISTS[question].index(answer)
    return said


class Reader(nn.Module):
    """A text encoder with a direction for every answer to every question, and stage I's pointer.

    The second thing has the first's directions, seen through a turn of its own: a noun is learnt
    once. Asked at every position alone, the encoder keeps one of two nouns; the pointer, which
    looks for both, has it keep them where they stand.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, things: int) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.encoder = text_encoder(tokenizer)
        counts = {"thing": things, **{question: len(said) for question, said in _LISTS.items()}}
        self.pointer = Pointer(TEXT_WIDTH, things)
        self.turn = nn.Linear(TEXT_WIDTH, TEXT_WIDTH, bias=False)
        self.directions = nn.ParameterDict(
            {
                f"{question}_word": nn.Parameter(torch.randn(1 + count, TEXT_WIDTH))
                for question, count in counts.items()
            }
        )

    def read(self, captions: Sequence[str], length: int) -> Tensor:
        """(B, length, TEXT_WIDTH) unit vectors, the captions padded or cut to `length` tokens."""
        tokens = self.tokenizer(
            [text.lower() for text in captions],
            padding="max_length",
            max_length=length,
            truncation=True,
            return_tensors="pt",
        ).to(self.encoder.device)
        said = self.encoder(tokens.input_ids, attention_mask=tokens.attention_mask)[0]
        return F.normalize(said.float(), dim=-1)

    def cosines(self, said: Tensor, question: str) -> Tensor:
        """(B, L, answers) of what `read` returned with the directions of the answers."""
        if question == "second":
            question, said = "thing", F.normalize(self.turn(said), dim=-1)
        return said @ F.normalize(self.directions[f"{question}_word"], dim=-1).T

    def loss(self, captions: Sequence[str], asked: dict[str, Tensor], length: int) -> Tensor:
        """Cross entropy of cosines at all positions and of the pointer, summed over questions."""
        said = self.read(captions, length)
        total = said.new_zeros(())
        for question, answer in asked.items():
            logits = SHARPNESS * self.cosines(said, question).flatten(0, 1)
            total = total + F.cross_entropy(logits, answer.repeat_interleave(length))
        pointed = self.pointer(said).float()  # of any length: it normalises what it reads
        for slot, question in enumerate(POINTED):
            total = total + F.cross_entropy(pointed[:, slot], asked[question])
        return total


def teach(
    tokenizer: PreTrainedTokenizerFast,
    things: Sequence[Thing],
    checkpoint: Path,
    settings: Settings,
) -> Reader:
    """The reader after its lesson, in which empty and vague captions are "not said"."""
    torch.manual_seed(0)
    reader = Reader(tokenizer, len(things)).to(settings.device)
    plan, media, kinds = Plan(things), list(MEDIA), [*KINDS, *TWICE]
    rng = np.random.default_rng()

    def shown() -> Shown:
        if rng.random() < 0.12:
            return plan.draw(rng)
        thing, medium = int(rng.integers(len(things))), str(rng.choice(media))
        return plan.told(thing, medium, rng, str(rng.choice(kinds)))

    def draw() -> list[Shown]:
        return [shown() for _ in range(settings.share)]

    def loss_of(reader: Reader, drawn: list[Shown]) -> tuple[Tensor, Losses]:
        told = [caption(each, things, rng) for each in drawn]
        length = TOKENS if rng.random() < 0.1 else SHORT
        listed = [answers(each, len(things)) for each in drawn]
        asked = {
            question: torch.tensor([each[question] for each in listed], device=settings.device)
            for question in listed[0]
        }
        with settings.autocast():
            loss = reader.loss(told, asked, length)
        return loss, {"cross entropy": loss.detach()}

    training = Training(reader, settings, peak=3e-3, muon_peak=0.015)
    if settings.resume:
        training.resume(checkpoint)
    return optimise(training, draw, loss_of, checkpoint, describe="reading")


@torch.no_grad()
def told_apart(reader: Reader, things: Sequence[Thing], count: int = 512) -> dict[str, float]:
    """Part of fresh captions whose questions are answered right, by question, at full length.

    "two things" is `second` over those captions alone that name two; "pointed" and "pointed at
    two" are of the pointer, both slots right.
    """
    rng, plan = np.random.default_rng(1), Plan(things, vague=False)
    drawn = [plan.draw(rng) for _ in range(count)]
    told = [caption(each, things, rng) for each in drawn]
    listed = [answers(each, len(things)) for each in drawn]
    said = reader.read(told, TOKENS)
    right = {}
    for question in listed[0]:
        found = reader.cosines(said, question).mean(1).argmax(1)
        wanted = torch.tensor([each[question] for each in listed])
        right[question] = (found == wanted).float().mean().item()
        if question == "second":
            right["two things"] = (found == wanted)[wanted > 0].float().mean().item()
    wanted = torch.tensor([[each[question] for question in POINTED] for each in listed])
    both = (reader.pointer(said).argmax(-1) == wanted).all(1).float()
    right["pointed"] = both.mean().item()
    right["pointed at two"] = both[wanted[:, 1] > 0].mean().item()
    return right

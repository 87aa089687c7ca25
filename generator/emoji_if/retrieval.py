"""How well an exported folder draws what it is asked, as the judge sees it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from emoji_if.judge import Judge
from emoji_if.pipelines import draw, load_stage_1
from emoji_if.things import Thing, evenly

ASSIGNMENT = (
    "a rocket ship",
    "a man wearing a hat",
    "an oil painting of a snowy mountain village",
    "an oil painting of people around a campfire",
    "an oil painting of an old man",
    "a lithograph of waterfalls",
    "a lithograph of a skull",
    "a photo of a dog",
    "a pencil",
    "a photo of the amalfi coast",
    "a high quality photo",
    "",
)
"""The assignment's prompts, and the unconditional one."""


def measure(
    folder: Path, judge: Judge, things: Sequence[Thing], most: int, seeds: int, guidance: float
) -> dict[str, object]:
    """Draw every name (at most `most`, evenly chosen) with seeds 0 to seeds - 1 and have it named.

    Top-1 is over all names of the vocabulary; so is the same for the assignment's prompts, where
    the right answer is the thing the prompt names.
    """
    pipeline = load_stage_1(folder)
    names = [thing.name for thing in things]
    asked = evenly(len(names), most)
    media_prompts = [
        (prompt, number)
        for prompt in ASSIGNMENT
        for number, thing in enumerate(things)
        if any(prompt == phrase or prompt.endswith(f" of {phrase}") for phrase in thing.words)
    ]

    def right(prompts: list[str], wanted: list[int]) -> list[float]:
        repeated = [prompt for prompt in prompts for _ in range(seeds)]
        pictures = draw(pipeline, repeated, list(range(seeds)) * len(prompts), guidance)
        answer = torch.tensor(wanted).repeat_interleave(seeds)
        hits = judge.named(pictures) == answer
        return hits.view(-1, seeds).float().mean(1).tolist()

    by_name = right([names[i] for i in asked], asked)
    by_prompt = right([prompt for prompt, _ in media_prompts], [n for _, n in media_prompts])
    return {
        "names": len(asked),
        "among": len(names),
        "seeds": seeds,
        "guidance": guidance,
        "top1": round(sum(by_name) / len(by_name), 4),
        "assignment_top1": round(sum(by_prompt) / max(1, len(by_prompt)), 4),
        "by_name": dict(zip([names[i] for i in asked], by_name, strict=True)),
        "by_prompt": dict(zip([prompt for prompt, _ in media_prompts], by_prompt, strict=True)),
    }

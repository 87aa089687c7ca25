"""Training of the judge: a network that knows photographs is taught drawings."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from emoji_if.averages import PowerAverage
from emoji_if.compose import Composer
from emoji_if.examination import ask, confusions, rights
from emoji_if.judge import SEEN, Judge
from emoji_if.judge_pictures import spoilt
from emoji_if.judging import HELD_OUT
from emoji_if.optimisation import Schedule

SMOOTHING = 0.1
"""The part of a target that all names share."""


@dataclass(frozen=True)
class TeachingPlan:
    """How often all pictures are seen, how many at a time, and how fast is learnt.

    frozen: for which part of the steps the head alone learns, and the norms' statistics.
    """

    epochs: float = 4
    batch: int = 64
    rate: float = 1e-3
    frozen: float = 0.06

    def again(self) -> TeachingPlan:
        """The same for a judge that has learnt already: slower, and all of it from the start."""
        return replace(self, rate=0.4 * self.rate, frozen=0.0)


def teach_judge(
    judge: Judge, images: Tensor, things: Tensor, lesson: TeachingPlan, device: torch.device
) -> Judge:
    """The average of the weights over the last part of the lesson, on the device.

    images: (N, S, S, 3) uint8; things: (N,), the numbers of their names.
    """
    judge.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    judge.train()
    images, things = images.to(device), things.to(device)
    matrices = [p for p in judge.parameters() if p.ndim > 1]
    vectors = [p for p in judge.parameters() if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=lesson.rate, betas=(0.9, 0.99), fused=True)
    average = PowerAverage(judge)
    steps = max(1, round(lesson.epochs * len(images) / lesson.batch))
    said, began, losses = 0.0, time.monotonic(), []
    order = torch.empty(0, dtype=torch.long)
    for step in range(steps):
        if len(order) < lesson.batch:
            order = torch.cat([order, torch.randperm(len(images))])
        chosen, order = order[: lesson.batch].to(device), order[lesson.batch :]
        warming = step < lesson.frozen * steps
        judge.body.requires_grad_(not warming)
        rate = lesson.rate * Schedule.cosine.rate(step, step / steps)
        for group in optimiser.param_groups:
            group["lr"] = rate
        pictures = spoilt(images[chosen], SEEN).contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            logits = judge(pictures)
        loss = F.cross_entropy(logits.float(), things[chosen], label_smoothing=SMOOTHING)
        optimiser.zero_grad()
        loss.backward()
        judge.requires_grad_(True)  # the average is of all weights, frozen for now or not
        torch.nn.utils.clip_grad_norm_(judge.parameters(), 5.0)
        optimiser.step()
        average.update(judge, step + 1)
        losses.append(loss.detach())
        if time.monotonic() - said > 60 or step == steps - 1:
            said = time.monotonic()
            mean = torch.stack(losses).mean().item()
            print(
                f"judge step {step + 1} of {steps}  {(said - began) / 60:.1f} min  loss {mean:.3f}",
                flush=True,
            )
            losses = []
    for kept, last in zip(average.module.buffers(), judge.buffers(), strict=True):
        kept.copy_(last)
    return average.module


def examine_judge(judge: Judge, composer: Composer) -> dict[str, Any]:
    """How it does on the held-out set: all that set can show, and its mere drawings.

    Scenes are painted by the same functions as those it has learnt from, with the set's icons in
    them, and so are easier than drawings.
    """
    things = composer.things
    drawn = torch.tensor([thing.scene is None for thing in things])
    names = [thing.name for thing in things]
    answers = ask(judge.named, composer)
    wanted = answers["plain"].wanted.unique()
    drawings = {medium: told.only(drawn) for medium, told in answers.items()}
    return {
        "icon set": HELD_OUT,
        "among": len(names),
        "names": len(wanted),
        "right": rights(answers),
        "names of drawings": int(drawn[wanted].sum()),
        "drawings right": rights(drawings),
        "plain confusions": confusions(answers["plain"], names),
    }

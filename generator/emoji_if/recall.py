"""What words alone are worth to stage I: its answers where noise hides nearly everything.

At t = 980 an answer is close to the mean of a caption's pictures. So the answer to a name should be
nearer to the mean picture of that name than to any other's: a test that takes a minute, long before
samples show anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from emoji_if.captions import Plan
from emoji_if.compose import Composer
from emoji_if.objective import Emphasis, Objective
from emoji_if.stage_one import TextToImage
from emoji_if.stream import painted

LEVELS = (980, 950, 900, 800, 600)
ASKED = 2
"""Pictures a name that are noised."""

TOGETHER = 64


def drawings_by_name(composer: Composer, size: int, count: int) -> Tensor:
    """(names, count, 3, size, size) in [-1, 1]: each thing drawn alone, as in training."""
    rng, plan = np.random.default_rng(3), Plan(composer.things)
    shown = (  # painted one by one: what is drawn of one decides what is told of the next
        plan.told(thing, "plain", rng, "alone")
        for thing in range(len(composer.things))
        for _ in range(count)
    )
    by_name: Tensor = painted(composer, shown, size, rng).unflatten(0, (-1, count))
    return by_name


def recognised(answers: Tensor, means: Tensor) -> float:
    """Part of the answers (names, 3, S, S) that are nearest to their own name's mean picture."""
    apart = torch.cdist(answers.flatten(1), means.flatten(1))
    return (apart.argmin(1) == torch.arange(len(answers))).float().mean().item()


@torch.inference_mode()
def measure(model: TextToImage, names: Sequence[str], drawn: Tensor) -> dict[str, object]:
    """Mean square errors of x0 from noised drawings (names, count, 3, S, S) and their names.

    recognised: `recognised` at the strongest noise, of the mean answer to each name.
    """
    objective = Objective(torch.device("cpu"), Emphasis.detail)
    captions = [name for name in names for _ in range(ASKED)]
    x0 = drawn[:, :ASKED].flatten(0, 1)
    noise = torch.randn(x0.shape, generator=torch.Generator().manual_seed(0))
    result: dict[str, object] = {}
    for level in LEVELS:
        t = torch.full((len(x0),), level)
        xt = objective.noised(x0, t, noise)
        v = torch.cat(
            [
                model.unet.velocity(xt[part], t[part], model.embed(captions[part]))[0]
                for part in (slice(i, i + TOGETHER) for i in range(0, len(x0), TOGETHER))
            ]
        )
        answers = objective.clean(xt, t, v)
        if level == max(LEVELS):
            mean_answers = answers.unflatten(0, (-1, ASKED)).mean(1)
            result["recognised"] = round(recognised(mean_answers, drawn.mean(1)), 4)
        result[f"t = {level}"] = round((answers - x0).square().mean().item(), 4)
    return result

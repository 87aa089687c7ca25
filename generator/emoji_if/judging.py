"""How the scorer is trained and asked: a contrastive loss, retrieval of the nearest name.

The scorer is honest in two ways: it never trains on the generator's pictures, and one icon set is
held out of its training to measure it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from fwd_report.models.scorer import Scorer
from fwd_report.models.towers import MOST_LOG_SCALE

HELD_OUT = "emojione"
"""The icon set that no scorer trains on, so that it can examine them."""


def contrastive(pictures: Tensor, texts: Tensor, things: Tensor, log_scale: Tensor) -> Tensor:
    """CLIP's symmetric loss, every pair of the same thing counting as a match.

    pictures, texts: (B, width) unit vectors; things: (B,) numbers.
    """
    logits = log_scale.clamp(max=MOST_LOG_SCALE).exp() * pictures @ texts.T
    same = (things[:, None] == things[None, :]).float()
    target = same / same.sum(1, keepdim=True)
    return 0.5 * (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target))


@torch.inference_mode()
def nearest(scorer: Scorer, pictures: Tensor, names: Sequence[str]) -> Tensor:
    """(N,): the number of the name that each picture, (N, 3, S, S), is nearest to."""
    texts = scorer.texts(names)
    return torch.cat([(scorer.images(part) @ texts.T).argmax(1) for part in pictures.split(256)])

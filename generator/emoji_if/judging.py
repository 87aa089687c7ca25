"""How the scorer is asked for names, and the icon set that examines it.

The scorer is honest in two ways: it never trains on the generator's pictures, and one icon set is
held out of its training to measure it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from fwd_report.models.scorer import Scorer

HELD_OUT = "emojione"
"""The icon set that no scorer trains on, so that it can examine them."""


@torch.inference_mode()
def nearest(scorer: Scorer, pictures: Tensor, names: Sequence[str]) -> Tensor:
    """(N,): the number of the name that each picture, (N, 3, S, S), is nearest to."""
    texts = scorer.texts(names)
    return torch.cat([(scorer.images(part) @ texts.T).argmax(1) for part in pictures.split(256)])

"""The judge: a network that says which of the vocabulary's names a picture shows.

It is larger than the scorer and measures what the generator draws; it is not part of the weights.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emoji_if.efficient_lite import FEATURES, EfficientLite

SEEN = 96
"""The size at which the judge looks at pictures, in pixels."""

SEEN_LARGER = 128
"""The size at which it looks at them again."""

TOGETHER_JUDGED = 32
"""Pictures that are looked at together, each with its mirror image."""


class Judge(nn.Module):
    """Pictures to logits over `names` names."""

    def __init__(self, names: int, body: EfficientLite | None = None) -> None:
        super().__init__()
        self.body = body or EfficientLite()
        self.drop = nn.Dropout(0.2)
        self.head = nn.Linear(FEATURES, names)
        nn.init.zeros_(self.head.bias)

    def forward(self, pictures: Tensor, seen: int = SEEN) -> Tensor:
        """(B, 3, S, S) in [-1, 1], any S, to (B, names). seen: a multiple of 32."""
        if pictures.shape[-1] != seen:
            pictures = F.interpolate(pictures, (seen, seen), mode="bilinear", antialias=True)
        logits: Tensor = self.head(self.drop(self.body(pictures)))
        return logits

    @torch.inference_mode()
    def probabilities(self, pictures: Tensor) -> Tensor:
        """(N, 3, S, S) in [-1, 1] to (N, names) on the CPU, every row's sum 1.

        The mean of what the picture and its mirror image look like, in two sizes: names have no
        left or right, and what is small is told better when it is seen larger.
        """
        device, found = self.head.weight.device, []
        for part in pictures.split(TOGETHER_JUDGED):
            both = torch.stack([part, part.flip(3)]).to(device)
            both = both.flatten(0, 1).contiguous(memory_format=torch.channels_last)
            looked = torch.stack([self(both, seen).softmax(1) for seen in (SEEN, SEEN_LARGER)])
            found.append(looked.mean(0).unflatten(0, (2, -1)).mean(0).cpu())
        return torch.cat(found)

    def named(self, pictures: Tensor) -> Tensor:
        """(N,): the number of the likeliest name of each picture."""
        return self.probabilities(pictures).argmax(1)

"""The layout's lesson: what a caption leads to expect where, before any noise is removed.

A regression from a caption's embedding to what its pictures look like from afar. It takes minutes,
where stage I alone, which meets the same captions one noise level at a time, had not learned after
370,000 pictures which mean picture belongs to which name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emoji_if.stage_networks import LAYOUT
from emoji_if.stream import Stream

SIDE = LAYOUT["side"]
LIVELY = 2.0
"""Factor of edges and contrast, which are small beside colours."""


def cell_features(pictures: Tensor) -> Tensor:
    """(B, 8, SIDE, SIDE) of (B, 3, S, S) in [-1, 1], S a multiple of SIDE.

    Of each cell: its mean colour and mean squared colour, the strength of its edges, its contrast.
    """
    cell = pictures.shape[-1] // SIDE
    grey = pictures.mean(1, keepdim=True)
    right = F.pad(grey[..., 1:] - grey[..., :-1], (0, 1))
    down = F.pad(grey[..., 1:, :] - grey[..., :-1, :], (0, 0, 0, 1))
    contrast = F.avg_pool2d(grey**2, cell) - F.avg_pool2d(grey, cell) ** 2
    return torch.cat(
        [
            F.avg_pool2d(pictures, cell),
            F.avg_pool2d(pictures**2, cell),
            LIVELY * F.avg_pool2d((right**2 + down**2).sqrt(), cell),
            LIVELY * contrast.clamp(min=0).sqrt(),
        ],
        dim=1,
    )


def examples(
    stream: Stream, embed: Callable[[Sequence[str]], Tensor], count: int
) -> tuple[Tensor, Tensor]:
    """At least `count` captions' mean embeddings (N, text_width) and pictures' features.

    The features are (N, 8, SIDE, SIDE), both in half precision. embed: captions to (B, L,
    text_width).
    """
    texts: list[Tensor] = []
    features: list[Tensor] = []
    while sum(map(len, texts)) < count:
        batch = stream.take()
        texts.append(embed(batch.captions).mean(1).half())
        features.append(cell_features(batch.pixels()).half())
    return torch.cat(texts), torch.cat(features)


def teach(
    lookup: nn.Sequential, texts: Tensor, features: Tensor, epochs: int = 24, batch: int = 256
) -> float:
    """Fit the maps that `TextLayout.lookup` makes to nine tenths of the examples by least squares.

    Returns which part of the variance of the others' mean colours it tells, at most 1.
    """
    kept = len(texts) // 10
    mean = features[kept:].mean(0, dtype=torch.float32)
    lookup.requires_grad_(True)
    last = lookup[-2]
    assert isinstance(last, nn.Linear)
    with torch.no_grad():
        last.bias.copy_(mean.flatten())
        last.weight.mul_(0.1)
    optimiser = torch.optim.AdamW(lookup.parameters(), lr=2e-3, weight_decay=0.01, fused=True)
    steps = epochs * -(-(len(texts) - kept) // batch)
    decay = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, steps)
    for _ in range(epochs):
        for chosen in torch.randperm(len(texts) - kept).split(batch):
            guessed = lookup(texts[kept + chosen].float())
            error = F.mse_loss(guessed, features[kept + chosen].float())
            optimiser.zero_grad()
            error.backward()
            optimiser.step()
            decay.step()
    with torch.no_grad():
        guessed = torch.cat([lookup(some.float()) for some in texts[:kept].split(batch)])
    colours = features[:kept, :3].float()
    left = F.mse_loss(guessed[:, :3], colours) / F.mse_loss(mean[:3].expand_as(colours), colours)
    return 1 - left.item()

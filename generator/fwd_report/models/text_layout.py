"""Coarse maps of a text: what it leads to expect where, before any noise is removed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LAYOUT_GAIN = 4.0
"""Factor of a layout's maps where the network sees them, beside noise of unit variance."""


class TextLayout(nn.Module):
    """What a text says is where: coarse maps, looked up by the mean of its embeddings.

    A UNet that meets its text only as scales, shifts and attention is slow to learn which shape a
    word stands for. These maps show it one: the first `out_channels` are the picture that the text
    leads to expect, the others what else is known of each place. The network sees them beside the
    noisy image, and added to its features at every level, as those of a ControlNet are (Zhang et
    al. 2023).
    """

    def __init__(
        self,
        text_width: int,
        channels: int,
        side: int,
        hidden: int,
        out_channels: int,
        levels: Sequence[tuple[int, int]],
    ) -> None:
        """levels: channels of the features that are added to, and how often these were halved."""
        super().__init__()
        self.lookup = nn.Sequential(
            nn.LayerNorm(text_width),
            nn.Linear(text_width, hidden),
            nn.SiLU(),
            nn.Linear(hidden, channels * side * side),
            nn.Unflatten(1, (channels, side, side)),
        )
        self.expect = nn.Conv2d(channels, out_channels, 1)
        self.spread = nn.Parameter(torch.tensor(2.0))
        self.add = nn.ModuleList(nn.Conv2d(channels, width, 1) for width, _ in levels)
        self.halvings = [halved for _, halved in levels]
        nn.init.dirac_(self.expect.weight)
        for weights in [*self.add.parameters(), self.expect.bias]:
            nn.init.zeros_(weights)  # type: ignore[arg-type]

    def forward(self, text: Tensor) -> Tensor:
        """(B, channels, side, side) from embeddings (B, L, text_width)."""
        return self.lookup(text.mean(1))  # type: ignore[no-any-return]

    def seen(self, maps: Tensor, size: Sequence[int]) -> list[Tensor]:
        """The maps as the network is shown them: (B, channels, *size), then halved and halved."""
        shown = []
        for halved in range(max(self.halvings, default=0) + 1):
            sides = [-(-side // 2**halved) for side in size]
            mode = "area" if sides[0] < maps.shape[2] else "bilinear"
            shown.append(LAYOUT_GAIN * F.interpolate(maps, tuple(sides), mode=mode))
        return shown

    def added(self, shown: Sequence[Tensor]) -> list[Tensor]:
        """What is added to the features of each of `levels`, of what `seen` returned."""
        return [add(shown[halved]) for add, halved in zip(self.add, self.halvings, strict=True)]

    def velocity(self, maps: Tensor, abar: Tensor, size: Sequence[int]) -> Tensor:
        """The part of v, (B, out_channels, *size), that the expected picture m accounts for.

        Of pixels with mean m and variance s^2, the best estimate of x0 given x_t has
        (1 - abar) / (1 - abar + abar s^2) m in it, and v = (sqrt(abar) x_t - x0) / sqrt(1 - abar).
        s^2 is learnt, as the exponential of `spread`: neighbours tell more than a pixel alone.
        """
        m = F.interpolate(self.expect(maps), tuple(size), mode="bilinear")
        part = (1 - abar).sqrt() / (1 - abar + abar * self.spread.exp())
        return -part.to(m.dtype) * m

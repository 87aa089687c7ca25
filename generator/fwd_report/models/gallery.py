"""Small drawings of what a text names, kept with a network's weights and shown to it.

A small UNet needs very many pictures to keep in its convolutions what every word looks like. Shown
a drawing, it only has to learn how drawings become pictures, which is the same for all words:
retrieval-augmented diffusion (Blattmann et al. 2022), with the retrieval learnt and in the weights.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fwd_report.models.folder_layout import TOKENS

SLOTS = 2
"""Things that a text can name: the first, and the one beside it."""

HALVED = 2
"""Drawings of each thing that are shown at half size too."""

GAIN = 3.0
"""Factor of what is shown, so that features have the size of a UNet's: a third of a square is drawn
on, and features a tenth as large were not used after 60,000 pictures."""

LIKELIEST = 4
"""Names whose drawings are mixed where the pointer is not sure."""

PLACES = {"left": (-0.46, 0.06), "right": (0.46, 0.06), "middle": (0.0, 0.1)}
"""Where a drawing of half size has its centre: (x, y) from -1 to 1, x to the right, y down."""

HALF = 0.6
"""Width there of what fills the whole square."""


class Pointer(nn.Module):
    """Which names a text has: the first, and the second beside it.

    Its attention knows every token's place, for the embeddings hardly tell which name is first.
    """

    def __init__(self, text_width: int, names: int, heads: int = 4) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(SLOTS, text_width))
        self.norm = nn.LayerNorm(text_width)
        self.position = nn.Parameter(0.1 * torch.randn(TOKENS, text_width))
        self.attend = nn.MultiheadAttention(text_width, heads, batch_first=True)
        self.mix = nn.Sequential(
            nn.LayerNorm(text_width), nn.Linear(text_width, text_width), nn.SiLU()
        )
        self.name = nn.Linear(text_width, 1 + names)

    def forward(self, text: Tensor) -> Tensor:
        """Logits (B, SLOTS, 1 + names) of embeddings (B, L, text_width), L at most `TOKENS`.

        0 stands for none.
        """
        read = self.norm(text)
        placed = read + self.position[: text.shape[1]]
        found, _ = self.attend(self.queries.expand(len(text), -1, -1), placed, read)
        return self.name(found + self.mix(found))  # type: ignore[no-any-return]


class Gallery(nn.Module):
    """Looks up the drawings of what a text names, and makes features of them.

    drawings: (names, 4 * kept, side, side) uint8, a buffer: colours multiplied by opacity, then the
    opacity, 255 being 1. All of the first thing's are shown as large as a picture; some at half
    size, in the middle, or left of the second thing's if the text names two.
    """

    drawings: Tensor

    def __init__(
        self,
        text_width: int,
        names: int,
        kept: int,
        side: int,
        channels: int,
        levels: Sequence[tuple[int, int]],
        shrink: int = 2,
    ) -> None:
        """channels: of the features, which are side / shrink square.

        levels: channels of the network's features that these are added to, and how often those
        were halved.
        """
        super().__init__()
        self.register_buffer(
            "drawings", torch.zeros(names, kept * 4, side, side, dtype=torch.uint8)
        )
        self.pointer = Pointer(text_width, names)
        self.shrink = shrink
        shown = 4 * shrink**2 * (kept + min(kept, HALVED))
        self.look = nn.Sequential(
            nn.Conv2d(shown, channels, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
        )
        self.add = nn.ModuleList(nn.Conv2d(channels, width, 1) for width, _ in levels)
        self.halvings = [halved for _, halved in levels]
        for layer in (self.look[0], self.look[2]):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        for weights in self.add.parameters():
            nn.init.zeros_(weights)

    def forward(self, text: Tensor, size: Sequence[int]) -> Tensor:
        """Features (B, channels, *size) of what embeddings (B, L, text_width) name."""
        found = F.pixel_unshuffle(self.shown(text).flatten(1, 2), self.shrink)
        features: Tensor = self.look((GAIN * found).to(text.dtype))
        if tuple(features.shape[2:]) == tuple(size):
            return features
        return F.interpolate(features, tuple(size), mode="bilinear")

    def shown(self, text: Tensor) -> Tensor:
        """The drawings on their squares, (B, kept + HALVED, 4, side, side) float32.

        Colours in [-1, 1] and 0 where nothing is drawn, then opacity in [0, 1]. A text that the
        pointer takes for two names to equal parts shows both at half strength.
        """
        chosen = self.pointer(text).float().softmax(-1)
        shares, names = chosen[..., 1:].topk(min(LIKELIEST, len(self.drawings)))
        likeliest = self.drawings[names].unflatten(3, (-1, 4)).float() / 255
        first, second = torch.einsum("bsn,bsnkcij->sbkcij", shares, likeliest)
        alone = chosen[:, 1, 0].view(-1, 1, 1, 1, 1)
        left, middle = (halved(first[:, :HALVED], at) for at in ("left", "middle"))
        right = halved(second[:, :HALVED], "right")
        squares = torch.cat([first, alone * middle + (1 - alone) * left + right], dim=1)
        colours, opacity = squares.split((3, 1), dim=2)
        return torch.cat([2 * colours - opacity, opacity], dim=2)

    def added(self, features: Tensor) -> list[Tensor]:
        """What is added to the network's features at each of `levels`."""
        shrunk = [features]
        while len(shrunk) <= max(self.halvings, default=0):
            shrunk.append(F.avg_pool2d(shrunk[-1], 2, ceil_mode=True))
        return [add(shrunk[halved]) for add, halved in zip(self.add, self.halvings, strict=True)]


def halved(drawings: Tensor, at: str) -> Tensor:
    """(B, K, 4, S, S) drawn at half size at one of `PLACES`, nothing around it."""
    x, y = PLACES[at]
    pose = torch.tensor(
        [[1 / HALF, 0, -x / HALF], [0, 1 / HALF, -y / HALF]], device=drawings.device
    )
    flat = drawings.flatten(1, 2)
    grid = F.affine_grid(pose.expand(len(flat), 2, 3), list(flat.shape), align_corners=False)
    return F.grid_sample(flat, grid, align_corners=False).view_as(drawings)

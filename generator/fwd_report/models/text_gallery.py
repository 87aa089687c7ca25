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
from fwd_report.models.matching import CALM_POSES, expected, expected_pair, inverses, parts

SLOTS = 2
"""Things that a text can name: the first, and the one beside it."""

HALVED = 2
"""Drawings of each thing that are shown at half size too."""

SHRINK = 2
"""Side of the cells of a drawing that the network sees as one place."""

SHOWN = 4 * SHRINK**2
"""Channels of a drawing in such cells."""

GAIN = 3.0
"""Factor of what is shown, so that features have the size of a UNet's: a third of a square is drawn
on, and features a tenth as large were not used after 50,000 pictures."""

TRUST = (
    *(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.03, 0.04, 0.05),
    *(0.06, 0.08, 0.1, 0.13, 0.18, 0.23, 0.3, 0.35, 0.3, 0.0),
)
"""Shares of the expected picture in the answer to a text that names something, from where they are
learnt: at evenly spaced timesteps, from none to all noise. They were best for a network that had
seen 20,000 pictures beside what was expected of them."""

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


class TextGallery(nn.Module):
    """Looks up the drawings of what a text names, and makes features of them.

    drawings: (names, 4 * kept, side, side) uint8, a buffer: colours multiplied by opacity, then the
    opacity, 255 being 1. The network is shown what the noisy picture probably is, if it is of what
    the text names (`matching.expected`); and some of the drawings at half size, in the middle, or
    beside each other if the text names two things. usual: (usual,) int64, a buffer: the names, one
    of which a picture is taken for whose text names nothing.
    """

    drawings: Tensor
    usual: Tensor

    def __init__(
        self,
        text_width: int,
        names: int,
        kept: int,
        usual: int,
        side: int,
        channels: int,
        levels: Sequence[tuple[int, int]],
    ) -> None:
        """channels: of the features, which are side / SHRINK square.

        levels: channels of the network's features that these are added to, and how often those
        were halved.
        """
        super().__init__()
        self.register_buffer(
            "drawings", torch.zeros(names, kept * 4, side, side, dtype=torch.uint8)
        )
        self.register_buffer("usual", torch.arange(usual))
        self.pointer = Pointer(text_width, names)
        shown = SHOWN * (1 + min(kept, HALVED))
        layers = (
            nn.Conv2d(shown, channels, 3, padding=1),
            nn.Conv2d(channels, channels, 3, padding=1),
        )
        self.look = nn.Sequential(layers[0], nn.SiLU(), layers[1])
        self.add = nn.ModuleList(nn.Conv2d(channels, width, 1) for width, _ in levels)
        self.halvings = [halved for _, halved in levels]
        self.trust = nn.Parameter(torch.tensor([TRUST, [0.0] * len(TRUST)]))
        self.tint = nn.Sequential(nn.LayerNorm(text_width), nn.Linear(text_width, 12))
        for layer in layers:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        for weights in [*self.add.parameters(), *self.tint[1].parameters()]:
            nn.init.zeros_(weights)

    def forward(
        self, text: Tensor, noisy: Tensor, abar: Tensor, size: Sequence[int]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Features, the expected picture, and whether the text names something.

        These are (B, channels + SHOWN, *size), the last SHOWN being what is expected, as it is;
        (B, 3, side, side) in [-1, 1]; and (B,) bool. text: (B, L, text_width); noisy:
        (B, 3, H, W) at signal share abar, (1 or B, 1, 1, 1).
        """
        first, second, named, alone = self.found(text)
        levels, both = abar.expand(len(noisy), -1, -1, -1), named & (alone.flatten() < 0.5)
        expects = first.new_empty(len(first), *first.shape[2:], dtype=torch.float32)
        one, two, vague = (each.nonzero().flatten() for each in (named & ~both, both, ~named))
        if len(one):
            expects[one] = expected(first[one], noisy[one], levels[one])
        if len(two):
            expects[two] = expected_pair(first[two], second[two], noisy[two], levels[two])
        if len(vague):
            some = self.drawings[self.usual].unflatten(1, (-1, 4))[:, :HALVED].flatten(0, 1) / 255
            some = some.expand(len(vague), -1, -1, -1, -1)
            expects[vague] = expected(some, noisy[vague], levels[vague], CALM_POSES)
        expects = self.tinted(expects, text)
        pictures = torch.cat([expects[:, None], beside(first, second, alone)], dim=1)
        cells = F.pixel_unshuffle(GAIN * pictures.flatten(1, 2), SHRINK).to(text.dtype)
        features = torch.cat([self.look(cells), cells[:, :SHOWN]], dim=1)
        if tuple(features.shape[2:]) != tuple(size):
            features = F.interpolate(features, tuple(size), mode="bilinear")
        return features, expects[:, :3], named

    def tinted(self, expects: Tensor, text: Tensor) -> Tensor:
        """What is expected, (B, 4, S, S), in the colours that its text speaks of.

        The drawings have colours of their own; what a text says of colour or medium maps these to
        others, the same everywhere, and leaves the ground as it is.
        """
        map_ = self.tint(text.mean(1)).float().unflatten(1, (3, 4))
        colours, opacity = expects.split((3, 1), dim=1)
        change = torch.einsum("bcd,bdhw->bchw", map_[..., :3], colours) + map_[..., 3, None, None]
        return torch.cat([colours + opacity * change, opacity], dim=1)

    def corrected(
        self, v: Tensor, expects: Tensor, named: Tensor, noisy: Tensor, abar: Tensor, time: Tensor
    ) -> Tensor:
        """A velocity (B, 3, H, W), the expected picture taken into account.

        expects and named: of `forward`; time: (1 or B,) in [0, 1], the timestep's part of all.
        """
        last = self.trust.shape[1] - 1
        knots = time.float() * last
        below = knots.floor().long().clamp(max=last - 1)
        both = torch.lerp(self.trust[:, below], self.trust[:, below + 1], knots - below)
        trust = torch.where(named, both[0], both[1])
        picture = F.interpolate(expects, tuple(v.shape[2:]), mode="bilinear")
        told = (abar.sqrt() * noisy - picture) / (1 - abar).sqrt()
        return v + (trust.view(-1, 1, 1, 1) * (told - v)).to(v.dtype)

    def found(self, text: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Drawings of the first thing and of the second; whether there is one, and surely but one.

        (B, kept, 4, side, side) float32 in [0, 1], twice; (B,) bool; (B, 1, 1, 1, 1) in [0, 1].
        Where the pointer is not sure, drawings of several things are mixed.
        """
        chosen = self.pointer(text).float().softmax(-1)
        shares, names = chosen[..., 1:].topk(min(LIKELIEST, len(self.drawings)))
        likeliest = self.drawings[names].unflatten(3, (-1, 4)).float() / 255
        first, second = torch.einsum("bsn,bsnkcij->sbkcij", shares, likeliest)
        named = chosen[:, 0, 0] < 0.5
        return first, second, named, chosen[:, 1, 0].view(-1, 1, 1, 1, 1)

    def added(self, features: Tensor) -> list[Tensor]:
        """What is added to the network's features at each of `levels`, of what `forward` made."""
        shrunk = [features[:, :-SHOWN]]
        while len(shrunk) <= max(self.halvings, default=0):
            shrunk.append(F.avg_pool2d(shrunk[-1], 2, ceil_mode=True))
        return [add(shrunk[halved]) for add, halved in zip(self.add, self.halvings, strict=True)]


def beside(first: Tensor, second: Tensor, alone: Tensor) -> Tensor:
    """Both things' drawings at half size on their squares, as `TextGallery.found` returned them.

    (B, HALVED, 4, side, side), as `around_zero` makes them.
    """
    left, middle = (halved(first[:, :HALVED], at) for at in ("left", "middle"))
    return around_zero(alone * middle + (1 - alone) * left + halved(second[:, :HALVED], "right"))


def around_zero(drawings: Tensor) -> Tensor:
    """(..., 4, S, S) with colours in [-1, 1], and 0 where nothing is drawn."""
    colours, ground = parts(drawings)
    return torch.cat([colours, 1 - ground], dim=-3)


def halved(drawings: Tensor, at: str) -> Tensor:
    """(B, K, 4, S, S) drawn at half size at one of `PLACES`, nothing around it."""
    pose = inverses([(HALF, *PLACES[at], 1)], drawings.device)
    flat = drawings.flatten(1, 2)
    grid = F.affine_grid(pose.expand(len(flat), 2, 3), list(flat.shape), align_corners=False)
    return F.grid_sample(flat, grid, align_corners=False).view_as(drawings)

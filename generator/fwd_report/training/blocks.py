"""The assignment's building blocks, under its names."""

from __future__ import annotations

from torch import nn


class Conv(nn.Sequential):
    """(B, C, H, W) → (B, D, H, W): Conv2d(3, 1, 1), BatchNorm, GELU."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=1, padding=1),
            nn.BatchNorm2d(out_channels),
            nn.GELU(),
        )


class DownConv(nn.Sequential):
    """(B, C, H, W) → (B, D, H/2, W/2): Conv2d(3, 2, 1), BatchNorm, GELU."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=2, padding=1),
            nn.BatchNorm2d(out_channels),
            nn.GELU(),
        )


class UpConv(nn.Sequential):
    """(B, C, H, W) → (B, D, 2H, 2W): ConvTranspose2d(4, 2, 1), BatchNorm, GELU."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(
            nn.ConvTranspose2d(in_channels, out_channels, kernel_size=4, stride=2, padding=1),
            nn.BatchNorm2d(out_channels),
            nn.GELU(),
        )


class Flatten(nn.Sequential):
    """(B, C, 7, 7) → (B, C, 1, 1): AvgPool2d(7), GELU."""

    def __init__(self) -> None:
        super().__init__(nn.AvgPool2d(7), nn.GELU())


class Unflatten(nn.Sequential):
    """(B, C, 1, 1) → (B, C, 7, 7): ConvTranspose2d(7, 7, 0), BatchNorm, GELU."""

    def __init__(self, channels: int) -> None:
        super().__init__(
            nn.ConvTranspose2d(channels, channels, kernel_size=7, stride=7, padding=0),
            nn.BatchNorm2d(channels),
            nn.GELU(),
        )


class ConvBlock(nn.Sequential):
    """(B, C, H, W) → (B, D, H, W): two Conv."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(Conv(in_channels, out_channels), Conv(out_channels, out_channels))


class DownBlock(nn.Sequential):
    """(B, C, H, W) → (B, D, H/2, W/2): DownConv, ConvBlock."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(DownConv(in_channels, out_channels), ConvBlock(out_channels, out_channels))


class UpBlock(nn.Sequential):
    """(B, C, H, W) → (B, D, 2H, 2W): UpConv, ConvBlock."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(UpConv(in_channels, out_channels), ConvBlock(out_channels, out_channels))


class FCBlock(nn.Sequential):
    """(B, F_in) → (B, F_out): Linear, GELU, Linear."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__(
            nn.Linear(in_features, out_features),
            nn.GELU(),
            nn.Linear(out_features, out_features),
        )

"""The small classifier that evaluates samples: its accuracy, and its features for the KID."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fwd_report.models.stored import tensors_of
from fwd_report.store.entry import Entry
from fwd_report.training.state import weights_file
from fwd_report.training.unet import CLASSES

FEATURES = 64
BATCH = 500


class Classifier(nn.Module):
    """A convolutional network for (B, 1, 28, 28) images in [0, 1], about 90,000 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(
            _stage(1, 16),  # (B, 16, 14, 14)
            _stage(16, 32),  # (B, 32, 7, 7)
            _stage(32, 64),  # (B, 64, 4, 4)
            nn.Flatten(),
            nn.Linear(64 * 4 * 4, FEATURES),
            nn.GELU(),
        )
        self.head = nn.Linear(FEATURES, CLASSES)

    def features(self, x: Tensor) -> Tensor:
        """(B, 1, 28, 28) in [0, 1] → (B, 64): the features that the KID compares."""
        return self.backbone(x - 0.5)  # type: ignore[no-any-return]

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1, 28, 28) in [0, 1] → (B, 10) logits."""
        return self.head(self.features(x))  # type: ignore[no-any-return]


def load_classifier(entry: Entry, epoch: int, device: str) -> Classifier:
    """The classifier of a stored training after that epoch, ready for use."""
    classifier = Classifier()
    classifier.load_state_dict(tensors_of(entry, weights_file(epoch)))
    return classifier.eval().to(device)


@torch.inference_mode()
def features(classifier: Classifier, images: Tensor) -> Tensor:
    """(N, 1, 28, 28) in [0, 1] → (N, 64) float32 on the CPU."""
    device = next(classifier.parameters()).device
    parts = [classifier.features(part.to(device)).cpu() for part in images.split(BATCH)]
    return torch.cat(parts).float()


@torch.inference_mode()
def predicted_labels(classifier: Classifier, images: Tensor) -> Tensor:
    """(N, 1, 28, 28) in [0, 1] → (N,) the most likely label of each, on the CPU."""
    device = next(classifier.parameters()).device
    parts = [classifier(part.to(device)).argmax(1).cpu() for part in images.split(BATCH)]
    return torch.cat(parts)


def accuracy(classifier: Classifier, images: Tensor, labels: Tensor) -> float:
    """The fraction of images that the classifier labels correctly."""
    return (predicted_labels(classifier, images) == labels.cpu()).float().mean().item()


def _stage(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=2, padding=1),
        nn.BatchNorm2d(out_channels),
        nn.GELU(),
    )

"""The pictures in experiments/shapes/: a folder for each class, in the order of their names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from fwd_report.training.datasets import Dataset

FOLDER = Path("experiments", "shapes")
EVERY = 4
"""One in so many pictures of a class is for testing."""


class Shapes:
    def files(self, project: Path) -> list[Path]:
        """What the dataset is read from: a change of any of them makes its trainings stale."""
        return sorted((project / FOLDER).glob("*/*.png"))

    def size(self, project: Path) -> int:
        return len(self._split(project)[0])

    def load(self, project: Path) -> Dataset:
        from fwd_report.training.datasets import Dataset

        training, testing = self._split(project)
        return Dataset(*_tensors(training), *_tensors(testing))

    def _split(self, project: Path) -> tuple[list[Path], list[Path]]:
        paths = self.files(project)
        return (
            [path for index, path in enumerate(paths) if index % EVERY],
            [path for index, path in enumerate(paths) if not index % EVERY],
        )


def _tensors(paths: Sequence[Path]) -> tuple[Tensor, Tensor]:
    """Images (N, 1, 28, 28) in [0, 1] and labels (N,), by the names of the folders."""
    import numpy as np
    import torch
    from PIL import Image

    classes = sorted({path.parent.name for path in paths})
    pictures = [np.asarray(Image.open(path).convert("L").resize((28, 28))) for path in paths]
    images = torch.from_numpy(np.stack(pictures)).float().unsqueeze(1) / 255
    labels = torch.tensor([classes.index(path.parent.name) for path in paths])
    return images, labels


shapes = Shapes()

"""The noise contract: every image owns one generator and draws from it in the order of use."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Noise:
    """Standard normal draws from `torch.Generator("cpu").manual_seed(seed)`.

    An image draws x_T first (or the noise of the forward process), then one tensor a step, each
    of the image's own shape; so its result depends on its seed alone, not on the batch, the
    device or the other runs.
    """

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator("cpu").manual_seed(seed)

    def draw(self, shape: Sequence[int]) -> Tensor:
        """The next draw: float32, on the CPU, of `shape`, each value from N(0, 1)."""
        return torch.randn(tuple(shape), generator=self._generator)

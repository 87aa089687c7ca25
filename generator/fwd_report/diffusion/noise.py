"""The noise contract: an image owns a seeded generator and draws from it in the order of use."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import torch
from torch import Tensor

from fwd_report.diffusion.rows import uploaded

Shape = tuple[int, ...]
MOST_AHEAD = 4
"""Draws between two questions that are taken for those of a loop."""


class Noise:
    """Standard normal draws from `torch.Generator("cpu").manual_seed(seed)`.

    An image draws x_T first (or the noise of the forward process), then one tensor a step, each
    of the image's own shape; so its result depends on its seed alone, not on the batch, the
    device or the other runs. device: where the draws are wanted; they are made on the CPU.
    """

    def __init__(self, seed: int, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self._generator = torch.Generator("cpu").manual_seed(seed)
        self._ahead: deque[tuple[Tensor, Tensor]] = deque()
        """Draws made ahead, in order, each with the generator's state before it."""
        self._lately: list[Shape] = []

    def draw(self, shape: Sequence[int]) -> Tensor:
        """The next draw: float32, on the device, of `shape`, each value from N(0, 1)."""
        return uploaded(self.take(shape), self.device)

    def take(self, shape: Sequence[int]) -> Tensor:
        """The same, wherever it lies by now: on the CPU, or on the device if it was made ahead."""
        wanted = tuple(shape)
        self._lately.append(wanted)
        if self._ahead:
            state, draw = self._ahead.popleft()
            if draw.shape == wanted:
                return draw
            self._generator.set_state(state)  # another shape: as if nothing had been made ahead
            self._ahead.clear()
        return torch.randn(wanted, generator=self._generator)

    def foreseen(self) -> list[Shape]:
        """What will be drawn next if all goes on as since this was asked last, and is not there.

        It is for `make_ahead`, and only a guess: a wrong one costs time and changes nothing.
        """
        lately, self._lately = self._lately, []
        return lately[len(self._ahead) :] if len(lately) <= MOST_AHEAD else []

    def make_ahead(self, into: Tensor) -> Tensor:
        """Draw into that tensor, (…) float32 on the CPU; returns the state before, for `keep`."""
        state = self._generator.get_state()
        torch.randn(into.shape, generator=self._generator, out=into)
        return state

    def rewind(self, state: Tensor) -> None:
        """Undo `make_ahead` where what it made is not kept; of several, the latest first."""
        self._generator.set_state(state)

    def keep(self, state: Tensor, draw: Tensor) -> None:
        """Hand a draw made ahead over, on any device; they are handed over in order."""
        self._ahead.append((state, draw))

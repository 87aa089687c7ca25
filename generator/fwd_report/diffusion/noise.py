"""The noise contract: each image owns a seeded generator and draws from it in order of use."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import torch
from torch import Tensor

from fwd_report.diffusion.rows import uploaded

Shape = tuple[int, ...]
MOST_AHEAD = 4
"""At most this many draws between two questions are taken for the draws of a loop."""


class Noise:
    """Standard normal draws from `torch.Generator("cpu").manual_seed(seed)`.

    An image first draws x_T (or the noise of the forward process), then one tensor per step, each
    of the shape of the image; so its result depends only on its seed, not on the batch, the device
    or other runs. device: where the draws are needed; they are made on the CPU.
    """

    def __init__(self, seed: int, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self._generator = torch.Generator("cpu").manual_seed(seed)
        self._ahead: deque[tuple[Tensor, Tensor]] = deque()
        """Draws made ahead, in order, each with the state of the generator before it."""
        self._lately: list[Shape] = []

    def draw(self, shape: Sequence[int]) -> Tensor:
        """The next draw: float32, on the device, of `shape`, each value from N(0, 1)."""
        return uploaded(self.take(shape), self.device)

    def take(self, shape: Sequence[int]) -> Tensor:
        """The next draw, where it already lies: on the CPU, or on the device if it was made
        ahead.
        """
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
        """The draws that are likely to come next, judging by those since the last call, and not yet
        made.

        Meant for `make_ahead`. It is only a guess: a wrong one costs time and changes nothing.
        """
        lately, self._lately = self._lately, []
        return lately[len(self._ahead) :] if len(lately) <= MOST_AHEAD else []

    def make_ahead(self, into: Tensor) -> Tensor:
        """Draw into the tensor, float32 on the CPU; returns the state before the draw, for
        `keep`.
        """
        state = self._generator.get_state()
        torch.randn(into.shape, generator=self._generator, out=into)
        return state

    def rewind(self, state: Tensor) -> None:
        """Undo `make_ahead` for draws that are not kept; of several, the latest first."""
        self._generator.set_state(state)

    def keep(self, state: Tensor, draw: Tensor) -> None:
        """Provide a draw made ahead, on any device; draws are provided in order."""
        self._ahead.append((state, draw))

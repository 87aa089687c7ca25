"""Draws the noise of the next steps in a thread while the model runs, and on the device ahead of
use.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import Tensor

from fwd_report.diffusion.noise import Noise, Shape
from fwd_report.diffusion.rows import uploaded


class NoiseAhead:
    """Makes draws ahead that runs will probably need next: as many tensors as since the last time.

    Nobody else may draw from these noises between `begin` and `wait`.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="noise")
        self._drawing: Future[None] | None = None

    def begin(self, noises: Sequence[Noise]) -> None:
        """Start making the next draws of these noises."""
        wanted: dict[tuple[torch.device, Shape], list[Noise]] = {}
        for noise in noises:
            for shape in noise.foreseen():
                wanted.setdefault((noise.device, shape), []).append(noise)
        if wanted:
            self._drawing = self._thread.submit(_draw, wanted)

    def wait(self) -> None:
        """Wait until the draws are made."""
        if self._drawing is not None:
            drawing, self._drawing = self._drawing, None
            drawing.result()

    def close(self) -> None:
        self._thread.shutdown(wait=True)


def _draw(wanted: dict[tuple[torch.device, Shape], list[Noise]]) -> None:
    for (device, shape), noises in wanted.items():
        states: list[Tensor] = []
        try:
            batch = torch.empty((len(noises), *shape), pin_memory=device.type == "cuda")
            for noise, row in zip(noises, batch.unbind(), strict=True):
                states.append(noise.make_ahead(row))
            rows = uploaded(batch, device).unbind()
        except Exception:  # no memory, say: they are drawn when they are asked
            for noise, state in reversed(list(zip(noises, states, strict=False))):
                noise.rewind(state)
            return
        for noise, state, row in zip(noises, states, rows, strict=True):
            noise.keep(state, row)

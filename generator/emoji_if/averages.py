"""Averages of the weights over a training whose length nobody knows (Karras et al. 2024, EDM2).

A power-function average reaches back over a fixed fraction of the training, however long it is.
Snapshots of two such averages give, afterwards, the average of any other length (post-hoc EMA).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

LENGTHS = (0.05, 0.1)
"""Relative standard deviations, sigma_rel, of the averages that a training keeps."""


def exponent(length: float) -> float:
    """The gamma whose profile t^gamma has the standard deviation `length` (EDM2, eq. 126).

    Solves length^2 = (gamma + 1) / ((gamma + 2)^2 (gamma + 3)).
    """
    roots = np.roots([1, 7, 16 - length**-2, 12 - length**-2])
    return float(roots[np.isreal(roots)].real.max())


Module = TypeVar("Module", bound=nn.Module)


class PowerAverage(Generic[Module]):
    """The average of a module's trained weights, update t weighted by t^gamma."""

    def __init__(self, module: Module, length: float = LENGTHS[0]) -> None:
        self.module = copy.deepcopy(module).eval()
        self._averaged: list[Tensor] = [p for p in self.module.parameters() if p.requires_grad]
        self.module.requires_grad_(False)
        self.gamma = exponent(length)

    @torch.no_grad()
    def update(self, module: Module, step: int) -> None:
        """Take in the weights after `step` updates, the first being 1."""
        weights = [p.detach() for p in module.parameters() if p.requires_grad]
        torch._foreach_lerp_(self._averaged, weights, 1 - (1 - 1 / step) ** (self.gamma + 1))


Snapshot = tuple[int, float, Mapping[str, Tensor]]
"""Steps taken, length and weights of one stored average."""


def post_hoc(snapshots: Sequence[Snapshot], length: float) -> dict[str, Tensor]:
    """The average of another length at the last snapshot's step, float32.

    The stored averages are combined so that their profiles fit its profile best (EDM2, algo. 3).
    """
    steps = np.array([step for step, _, _ in snapshots], np.float64)
    gammas = np.array([exponent(kept) for _, kept, _ in snapshots])
    gram = _overlap(steps[:, None], gammas[:, None], steps[None], gammas[None])
    target = _overlap(steps, gammas, steps.max(), np.array(exponent(length)))
    shares = np.linalg.lstsq(gram, target, rcond=None)[0]
    names = snapshots[0][2].keys()
    return {
        name: sum(
            (
                weights[name].float() * share
                for (_, _, weights), share in zip(snapshots, shares, strict=True)
            ),
            start=torch.zeros(()),
        )
        for name in names
    }


def _overlap(
    steps: np.ndarray, gammas: np.ndarray, others: np.ndarray, other_gammas: np.ndarray
) -> np.ndarray:
    """Inner products of the profiles of two averages (EDM2, eq. 138)."""
    power = np.where(steps < others, other_gammas, -gammas)
    longest = np.maximum(steps, others)
    scale = (gammas + 1) * (other_gammas + 1) * (steps / others) ** power
    product: np.ndarray = scale / ((gammas + other_gammas + 1) * longest)
    return product

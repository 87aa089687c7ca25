"""Muon: momentum whose every matrix is made orthogonal before it is applied (Jordan et al. 2024).

It learns more from a step than Adam does, which counts where steps are dear. Convolutions are
matrices of one row per output channel. What is no hidden matrix (biases, norms, word embeddings,
the UNets' first and last layers and position maps) stays with AdamW.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
STEPS = 5

OUTER = (
    "conv_in",
    "conv_out",
    "head.",
    "position",
    "queries",
    "pointer.name",
    "text_layout",
    "text_gallery",
    "shared",
    "word",
)
"""Parts of the names of matrices that are not hidden."""


def orthogonal(matrix: Tensor) -> Tensor:
    """The nearest semi-orthogonal matrix, roughly: Newton-Schulz.

    matrix: (..., m, n); every singular value of the result lies between about 0.7 and 1.2, but for
    those that were a thousandth of the largest or less.

    A step multiplies x by a polynomial of its Gram matrix x xᵀ. All of these commute, so the steps
    are taken on the small Gram matrix, and x itself is multiplied once: a convolution's matrix is
    nine times as wide as high.
    """
    a, b, c = COEFFICIENTS
    x = matrix.float()
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    gram = x @ x.mT
    product = None
    for step in range(STEPS):
        factor = b * gram + c * gram @ gram
        factor.diagonal(dim1=-2, dim2=-1).add_(a)
        product = factor if product is None else factor @ product
        if step < STEPS - 1:
            gram = factor @ gram @ factor
    nearest: Tensor = product @ x
    return (nearest.mT if tall else nearest).to(matrix.dtype)


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised; parameters of two dimensions or more."""

    def __init__(
        self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.95, threads: int = 1
    ) -> None:
        """threads: over how many the parameters are shared out.

        On a GPU those of a shape are taken together instead, for a small matrix leaves it idle.
        """
        super().__init__(parameters, {"lr": lr, "momentum": momentum})
        self._executor = ThreadPoolExecutor(threads)

    def step(self) -> None:  # type: ignore[override]
        """Apply the gradients that the parameters hold."""
        for group in self.param_groups:
            held = [parameter for parameter in group["params"] if parameter.grad is not None]
            together: dict[object, list[Tensor]] = {}
            for parameter in held:
                alike = parameter.shape if parameter.is_cuda else id(parameter)
                together.setdefault(alike, []).append(parameter)
            list(self._executor.map(partial(self._update, group), together.values()))

    @torch.no_grad()
    def _update(self, group: dict[str, Any], parameters: list[Tensor]) -> None:
        """A step of parameters of one shape."""
        for parameter in parameters:
            if "momentum" not in self.state[parameter]:
                self.state[parameter]["momentum"] = torch.zeros_like(parameter)
        momenta = [self.state[parameter]["momentum"] for parameter in parameters]
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        torch._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
        updates = torch._foreach_lerp(gradients, momenta, group["momentum"])
        matrices = torch.stack([update.flatten(1) for update in updates])
        rows, columns = matrices.shape[1:]
        steps = orthogonal(matrices).unbind()
        torch._foreach_add_(
            parameters,
            [step.view_as(parameter) for step, parameter in zip(steps, parameters, strict=True)],
            alpha=-group["lr"] * max(1.0, rows / columns) ** 0.5,
        )


def optimisers(
    module: nn.Module, peak: float, muon_peak: float, threads: int = 1
) -> list[torch.optim.Optimizer]:
    """Muon for the hidden matrices of `module`, fused AdamW for the rest; peaks as their rates."""
    hidden: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in module.named_parameters():
        outer = any(part in name for part in OUTER)
        (rest if parameter.ndim < 2 or outer else hidden).append(parameter)
    adam = torch.optim.AdamW(rest, lr=peak, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    both: list[torch.optim.Optimizer] = [adam]
    if hidden:
        both.append(Muon(hidden, lr=muon_peak, threads=threads))
    return both

"""The distance between two sets of features, without the bias of small samples."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor, nn

LEAST = 20
"""For fewer samples no distance is given: its spread would be as large as itself."""
SUBSETS = 100
MOST = 1000
"""Most samples of a subset."""


def subset_size(samples: int, others: int) -> int:
    """How many of each set a subset takes: half of the smaller set, so that subsets differ."""
    return min(samples, others, 2 * MOST) // 2


def kernel_distance(a: Tensor, b: Tensor, seed: int) -> tuple[float, float]:
    """(mean, spread) of the squared maximum mean discrepancy over random subsets of both sets.

    a, b: (N, F) and (M, F) features, N and M at least LEAST. The kernel is (x·y / F + 1)³ and the
    estimate unbiased: for two sets from one distribution its mean is 0, and it may be negative.
    The spread is the standard deviation over SUBSETS subsets. With Inception's features this is
    the KID of Bińkowski et al. 2018. seed: of the subsets; the global generator is left alone.
    """
    from torchmetrics.image.kid import KernelInceptionDistance

    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")  # it keeps all features in memory: these are few
        torch.manual_seed(seed)
        size = subset_size(len(a), len(b))
        metric = KernelInceptionDistance(nn.Identity(), subsets=SUBSETS, subset_size=size)
        metric.update(b.double(), real=True)
        metric.update(a.double(), real=False)
        mean, spread = metric.compute()
    return mean.item(), spread.item()

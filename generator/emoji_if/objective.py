"""What both stages minimise: a weighted velocity error and the variance's variational bound."""

from __future__ import annotations

import math
from enum import StrEnum

import torch
from torch import Tensor

from emoji_if.stage_networks import scheduler


class Emphasis(StrEnum):
    """Which noise levels a training cares about.

    shape: strong noise, where words become shapes. both: that and little noise too, for a training
    long enough. detail: all noise alike; little noise, which `shape` hardly teaches, decides about
    grain and edges.
    """

    shape = "shape"
    both = "both"
    detail = "detail"

    @property
    def lean(self) -> float:
        """Exponent of the drawn noise level; below 1, more steps go to strong noise."""
        return {Emphasis.shape: 0.35, Emphasis.both: 0.8, Emphasis.detail: 1.0}[self]

    @property
    def restored(self) -> float:
        """The share of pictures that only teach to remove noise."""
        return {Emphasis.shape: 0.05, Emphasis.both: 0.14, Emphasis.detail: 0.14}[self]

    @property
    def snr_cap(self) -> float:
        """Of the min-SNR weight; infinity weighs every noise level's velocity alike."""
        return {Emphasis.shape: 5.0, Emphasis.both: 20.0, Emphasis.detail: math.inf}[self]


class Objective:
    """Noises images and scores a network's answer; the tables of the process on one device."""

    def __init__(self, device: torch.device, emphasis: Emphasis) -> None:
        self.emphasis = emphasis
        process = scheduler()
        abar: Tensor = process.alphas_cumprod.double()
        before = torch.cat([abar.new_ones(1), abar[:-1]])
        beta = 1 - abar / before
        posterior = beta * (1 - before) / (1 - abar)
        posterior[0] = posterior[1]
        tables = {
            "abar": abar,
            "log_beta": beta.log(),
            "log_posterior": posterior.log(),
            "x0_weight": before.sqrt() * beta / (1 - abar),
        }
        self.tables = {name: table.float().to(device) for name, table in tables.items()}

    def __getitem__(self, name: str) -> Tensor:
        return self.tables[name].view(-1, 1, 1, 1)

    def timesteps(self, count: int) -> Tensor:
        """(count,) random t, 1000 * u^lean with u uniform, spread evenly over the batch."""
        device = self.tables["abar"].device
        u = (torch.arange(count, device=device) + torch.rand(count, device=device)) / count
        return (1000 * u**self.emphasis.lean).long().clamp(max=999)

    def noised(self, x0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """x_t of the forward process; t: (B,)."""
        abar = self["abar"][t]
        return abar.sqrt() * x0 + (1 - abar).sqrt() * noise

    def velocity(self, x0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """The v that the network is to answer at x_t; t: (B,)."""
        abar = self["abar"][t]
        return abar.sqrt() * noise - (1 - abar).sqrt() * x0

    def clean(self, xt: Tensor, t: Tensor, v: Tensor) -> Tensor:
        """The x0 that a velocity stands for; t: (B,)."""
        abar = self["abar"][t]
        return abar.sqrt() * xt - (1 - abar).sqrt() * v

    def loss(
        self, x0: Tensor, t: Tensor, noise: Tensor, v_hat: Tensor, variance: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Weighted velocity error and bound, both scalars, to be added.

        The weight is that of an x0 error weighted by min(SNR, cap) + 1 (min-SNR of Hang et al.
        2023 on the velocity); the bound trains only the variance (Nichol & Dhariwal 2021, L_hybrid
        of eq. 16, its factor T included).
        """
        abar = self["abar"][t]
        v = self.velocity(x0, t, noise)
        v_hat, variance = v_hat.float(), variance.float()
        snr = abar / (1 - abar)
        weight = (snr.clamp(max=self.emphasis.snr_cap) + 1) / (snr + 1)
        error = (weight * (v_hat - v) ** 2).mean()

        x0_error = (1 - abar).sqrt() * (v_hat - v).detach()
        fraction = (variance + 1) / 2
        log_beta, log_posterior = self["log_beta"][t], self["log_posterior"][t]
        log_variance = fraction * log_beta + (1 - fraction) * log_posterior
        gap = (self["x0_weight"][t] * x0_error) ** 2
        bound = 0.5 * (
            log_variance
            - log_posterior
            + torch.exp(log_posterior - log_variance)
            - 1
            + gap * torch.exp(-log_variance)
        )
        return error, bound.mean()

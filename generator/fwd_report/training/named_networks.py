"""The network that the fields of a training name: the assignment's UNet, or a plug-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from fwd_report.errors import UserError
from fwd_report.outside import outside_keys
from fwd_report.plugins.offers import in_use
from fwd_report.training.unet import unet_of


def network_of(params: Mapping[str, Any]) -> nn.Module:
    """The network, untrained.

    A plug-in's has the UNet's signature: (x, t, label), with t and label if it is conditioned on
    them, and x (B, 1, 28, 28); its output has x's shape. Raises UserError for one that does not.
    """
    name = params["network"]
    if name == "unet":
        return unet_of(params)
    plugins = in_use()
    network = plugins.load("networks", name)(params)
    if wrong := _fault(network, params["conditioning"]):
        offer = plugins.offer("networks", name)
        raise UserError(f"{offer.where if offer else name}: the network '{name}' {wrong}")
    return network  # type: ignore[no-any-return]


@outside_keys
def _fault(network: Any, conditioning: str) -> str | None:
    """What is wrong with a network, as the rest of a sentence; None: nothing."""
    if not isinstance(network, nn.Module):
        return f"is {type(network).__name__}, not a torch.nn.Module"
    if not any(parameter.requires_grad for parameter in network.parameters()):
        return "has no parameters to train"
    told = {"none": 1, "time": 2, "class": 3}[conditioning]
    training = network.training
    x, t, label = torch.zeros(2, 1, 28, 28), torch.zeros(2), torch.zeros(2, dtype=torch.int64)
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        network.eval()
        for count in {told, 3}:  # training passes what it is told, sampling all three
            answer = network(*(x, t, label)[:count])
            if getattr(answer, "shape", None) != x.shape:
                return f"answers {tuple(getattr(answer, 'shape', ()))} to {tuple(x.shape)}"
    network.train(training)
    return None

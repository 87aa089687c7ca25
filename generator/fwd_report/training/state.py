"""A training's state on disk: complete or absent, whatever moment the process dies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

STATE_FILE = ".state.safetensors"
"""Hidden, so that it stays behind when the training's folder moves into the store."""


def weights_file(epoch: int) -> str:
    """The name of the weights after that epoch, counting from 1."""
    return f"epoch-{epoch:03d}.safetensors"


def save_weights(path: Path, network: nn.Module) -> None:
    """Write the network's parameters and buffers, atomically."""
    _save(path, network.state_dict(), {})


def save_state(
    folder: Path, network: nn.Module, optimizer: Optimizer, step: int, losses: Tensor
) -> None:
    """Write all that the next step depends on, atomically.

    step: how many optimizer steps are done; losses: (step,), one each.
    """
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in values.items()}
    _save(folder / STATE_FILE, tensors | {"losses": losses}, {"step": str(step)})


def load_state(folder: Path, network: nn.Module, optimizer: Optimizer) -> tuple[int, Tensor] | None:
    """Restore what `save_state` wrote; the steps done and their losses, or None."""
    path = folder / STATE_FILE
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            step = int(file.metadata()["step"])
        tensors = load_file(path)
    except (SafetensorError, OSError):
        path.unlink(missing_ok=True)
        return None
    prefix = "network."
    network.load_state_dict(
        {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}
    )
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    moments: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer."):
            _, index, moment = name.split(".")
            parameter = parameters[int(index)]
            if value.shape == parameter.shape:
                # A fused optimizer walks through memory: a moment must lie as its parameter does.
                value = torch.empty_like(parameter).copy_(value)
            moments.setdefault(int(index), {})[moment] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": moments, "param_groups": groups})
    return step, tensors["losses"]


def load_losses(folder: Path) -> list[float]:
    """The loss of every step done so far."""
    return load_file(folder / STATE_FILE)["losses"].tolist()


def _save(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> None:
    temporary = path.with_name(f".{path.name.lstrip('.')}.part")
    stored = {name: value.detach().to("cpu").contiguous() for name, value in tensors.items()}
    save_file(stored, temporary, metadata=metadata)
    with temporary.open("rb+") as stream:
        os.fsync(stream.fileno())
    temporary.replace(path)

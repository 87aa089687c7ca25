"""A training's state on disk: complete or absent, whenever the process dies.

A state has the digest of its bytes in its name, and the digests of the epochs' weights in its
metadata. Incomplete states are dropped; the training continues from the last complete one and ends
with the same weights.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load, save
from torch import Tensor, nn
from torch.optim import Optimizer

from fwd_report.store.files import GONE, sha256_of, write_atomically

STATE = re.compile(r"\.state-(\d{9})-([0-9a-f]{64})\.safetensors")
"""Step and SHA-256. Hidden, so that it is left out when the training's folder is published."""
KEPT = 2
"""States kept: the last, and one to fall back on."""


@dataclass(frozen=True)
class Done:
    """How far a training is: the losses of its steps, (step,), and the epochs' digests by file."""

    step: int
    losses: Tensor
    epochs: Mapping[str, str]


def weights_file(epoch: int) -> str:
    """The name of the weights after that epoch, counted from 1."""
    return f"epoch-{epoch:03d}.safetensors"


def save_weights(path: Path, network: nn.Module) -> str:
    """Write the network's parameters and buffers, atomically; returns the file's SHA-256."""
    data = _bytes(network.state_dict(), {})
    write_atomically(path, data)
    return hashlib.sha256(data).hexdigest()


def save_state(folder: Path, network: nn.Module, optimizer: Optimizer, done: Done) -> None:
    """Write everything that the next step depends on, atomically, and drop all but the last
    states.
    """
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in values.items()}
    epochs = json.dumps(done.epochs, sort_keys=True)
    data = _bytes(tensors | {"losses": done.losses}, {"epochs": epochs})
    digest = hashlib.sha256(data).hexdigest()
    write_atomically(folder / f".state-{done.step:09d}-{digest}.safetensors", data)
    for path in _states(folder)[KEPT:]:
        path.unlink(missing_ok=True)


def load_state(folder: Path, network: nn.Module, optimizer: Optimizer) -> Done | None:
    """Restore the last complete state that `save_state` wrote, or None.

    A state is complete if its bytes are those that were written, and so are the weights of every
    epoch before it; others are deleted. Raises OSError for files that cannot be read now.
    """
    found = _last_whole(folder)
    if found is None:
        return None
    done, tensors = found
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
    return done


def load_losses(folder: Path) -> list[float]:
    """The loss of every step so far; none, if no state is complete."""
    found = _last_whole(folder)
    return [] if found is None else found[0].losses.tolist()


def _last_whole(folder: Path) -> tuple[Done, dict[str, Tensor]] | None:
    for path in _states(folder):
        match = STATE.fullmatch(path.name)
        data = _read(path)
        if match and data is not None and hashlib.sha256(data).hexdigest() == match[2]:
            done, tensors = _parsed(int(match[1]), data)
            if all(_digest(folder / name) == sha for name, sha in done.epochs.items()):
                return done, tensors
        if not path.is_dir():
            path.unlink(missing_ok=True)
    return None


def _parsed(step: int, data: bytes) -> tuple[Done, dict[str, Tensor]]:
    """The content of a complete state: a safetensors file is a length, JSON of that length, and the
    tensors.
    """
    tensors = load(data)
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    epochs = json.loads(header["__metadata__"]["epochs"])
    return Done(step, tensors["losses"], epochs), tensors


def _states(folder: Path) -> list[Path]:
    """The states in the folder, the last one first."""
    return sorted((path for path in folder.iterdir() if STATE.fullmatch(path.name)), reverse=True)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError as error:
        if error.errno in GONE:
            return None
        raise


def _digest(path: Path) -> str | None:
    try:
        return sha256_of(path)
    except OSError as error:
        if error.errno in GONE:
            return None
        raise


def _bytes(tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> bytes:
    stored = {name: value.detach().to("cpu").contiguous() for name, value in tensors.items()}
    return save(stored, metadata=metadata)

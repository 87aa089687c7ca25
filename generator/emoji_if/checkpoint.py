"""Where a training stands, kept so that neither an interruption nor a torn file loses it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from emoji_if.drawings import DataError


def restore(module: nn.Module, weights: dict[str, Tensor], checkpoint: Path) -> None:
    """Load weights into a module. Raises DataError if they are another network's."""
    try:
        module.load_state_dict(weights)
    except RuntimeError:
        raise DataError(
            f"{checkpoint} is of another network: train again without --resume"
        ) from None


def previous(path: Path) -> Path:
    """The generation before the latest."""
    return path.with_suffix(".previous.pt")


def save(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint whole or not at all, the one before it kept as `previous`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    with beside.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        path.replace(previous(path))
    beside.replace(path)


def load(path: Path, device: torch.device | str = "cpu") -> dict[str, Any] | None:
    """The latest checkpoint that can be read, None if there is none.

    Raises DataError if there are some and none can be read.
    """
    damaged = []
    for candidate in (path, previous(path)):
        if not candidate.exists():
            continue
        try:
            state = dict(torch.load(candidate, weights_only=True, map_location=device))
        except Exception as error:  # torch raises what the damage makes of the archive
            damaged.append(candidate)
            print(f"{candidate} is damaged ({type(error).__name__})", flush=True)
        else:
            return state
    if damaged:
        raise DataError(f"{' and '.join(map(str, damaged))} cannot be read: delete to start anew")
    return None


def halved(module: nn.Module) -> dict[str, Tensor]:
    """Copies of a module's weights in half precision."""
    return {
        name: weights.detach().half() if weights.is_floating_point() else weights.clone()
        for name, weights in module.state_dict().items()
    }

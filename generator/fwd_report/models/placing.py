"""Where networks lie: on the device together or in turns, and how many pictures they take at once.

Decided before anything is loaded, from the memory that the networks are expected to take.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from fwd_report.capacity import Capacity, in_words
from fwd_report.errors import UserError
from fwd_report.models.footprint import Footprint

OUTSIDE_KEYS = "where a network lies changes no result but by rounding"

SPARE = 1 / 16
"""The share of memory that is left to libraries and unforeseen uses."""
PARKED = 1 / 2
"""The share of the machine's free memory in which networks may wait. This is rarely needed: all
queries to stage I come before those to stage II, and reading a network again takes seconds.
"""


@dataclass(frozen=True)
class Placing:
    """How the stages' networks share the device.

    together: all networks in use stay there; else only the one that is queried. parked: the others
    then wait in the machine's memory; else they are read again. batches: the expected largest
    number of pictures at once, by stage.
    """

    together: bool = True
    parked: bool = False
    batches: Mapping[int, int] = field(default_factory=dict)


def place_stages(
    stages: Mapping[int, Footprint], device: Capacity, host: Capacity | None, batch: int
) -> Placing:
    """The placing of these stages. batch: pictures wanted at once.

    host: memory of the machine, if the device has its own; else None. Raises UserError for a stage
    whose weights alone exceed the device's memory.
    """
    room = usable(device.free)
    for stage, footprint in stages.items():
        if footprint.weights > device.total:
            raise _too_large(stage, footprint, device)
    all_weights = sum(footprint.weights for footprint in stages.values())
    together = all(all_weights + batch * footprint.picture <= room for footprint in stages.values())
    batches = {}
    for stage, footprint in stages.items():
        left = room - (all_weights if together else footprint.weights)
        fits = left // footprint.picture if footprint.picture else batch
        batches[stage] = max(1, min(batch, fits))
    parked = host is not None and all_weights <= PARKED * host.free
    return Placing(together, parked and not together, batches)


def place_encoder(
    footprints: Mapping[torch.dtype, Footprint],
    device: str,
    dtype: torch.dtype,
    memory: Capacity,
    host: Capacity | None,
) -> tuple[str, torch.dtype]:
    """Where prompts are encoded, and in which dtype: on the device, or on the CPU in bfloat16.

    footprints: of the encoder, in `dtype` and in bfloat16. memory: the device's; host: None if the
    device has no memory of its own. Decided by total memory, not by free memory, so that it does
    not change from build to build. Raises UserError if neither can hold it.
    """
    if footprints[dtype].weights <= usable(memory.total):
        return device, dtype
    if host is not None and footprints[torch.bfloat16].weights <= usable(host.total):
        return "cpu", torch.bfloat16
    if host is None and footprints[torch.bfloat16].weights <= usable(memory.total):
        return device, torch.bfloat16
    least = min(each.weights for each in footprints.values())
    there = f"{in_words(memory.total)} of memory on {device}"
    there += f" and {in_words(host.total)} beside it" if host is not None else ""
    raise UserError(
        f"the text encoder takes {in_words(least)}, and there are {there}",
        hint="encode the prompts on another machine, with fwd-report prompts --encode FILE, "
        "and name the file as `embeddings:` in report.yaml",
    )


def usable(size: int) -> int:
    """How many bytes of that memory networks may take."""
    return int(size * (1 - SPARE))


def _too_large(stage: int, footprint: Footprint, device: Capacity) -> UserError:
    return UserError(
        f"the network of stage {'I' * stage} takes {in_words(footprint.weights)}, and "
        f"the device has {in_words(device.total)}",
        hint="name a smaller model, such as DeepFloyd/IF-I-M-v1.0, set `dtype: float16`, "
        "or `device: cpu`",
    )

"""The networks on the device: all that are in use, or one at a time."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from fwd_report.capacity import DEVICE_LIMIT
from fwd_report.errors import UserError, first_line
from fwd_report.models.placing import Placing


class Residents:
    """Supplies the network of a stage, on the device, after making room for it.

    load(stage) reads a network onto the device. placed: how the networks share it, called with the
    first. Which networks wait, and where, does not affect their numbers.
    """

    def __init__(
        self, load: Callable[[int], nn.Module], device: str, placed: Callable[[], Placing]
    ) -> None:
        self._load = load
        self._device = device
        self._placed = placed
        self._here: dict[int, nn.Module] = {}
        self._parked: dict[int, nn.Module] = {}

    def network(self, stage: int) -> nn.Module:
        """The stage's network. Raises UserError if the device has too little memory left for it."""
        if stage not in self._here:
            if not self._placed().together:
                self._make_room()
            try:
                self._here[stage] = self._arrived(stage)
            except torch.OutOfMemoryError as error:
                raise UserError(
                    f"the device has no memory left for the network of stage {'I' * stage}: "
                    f"{first_line(error)}",
                    hint=f"end what else uses it; or set {DEVICE_LIMIT}, such as 8GiB, to what is "
                    "left; or name a smaller model",
                ) from error
        return self._here[stage]

    def _arrived(self, stage: int) -> nn.Module:
        if stage in self._parked:
            return self._parked.pop(stage).to(self._device)
        return self._load(stage)

    def _make_room(self) -> None:
        """Move networks off the device: to the machine's memory, or out of memory altogether."""
        if self._placed().parked:
            for stage, network in self._here.items():
                self._parked[stage] = network.to("cpu")
        self._here.clear()
        if self._device.startswith("cuda"):
            torch.cuda.empty_cache()

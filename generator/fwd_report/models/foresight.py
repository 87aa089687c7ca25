"""Decisions before a model is loaded, from the headers of its files and the available memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch

from fwd_report.capacity import Capacity, device_memory, host_memory
from fwd_report.errors import UserError
from fwd_report.models.folder_layout import WHOLE
from fwd_report.models.footprint import encoder_footprint, unet_footprint, weights_held
from fwd_report.models.model_folder import ModelFolder
from fwd_report.models.placing import Placing, place_encoder, place_stages
from fwd_report.store.memory import Memory

OUTSIDE_KEYS = "where a network lies changes no result but by rounding"

Opened = Callable[[], ModelFolder]


class Foresight:
    """Places the networks of a build on a device. batch: pictures wanted at once."""

    def __init__(self, device: str, dtype: torch.dtype, batch: int, memory: Memory) -> None:
        self._device = device
        self._dtype = dtype
        self._batch = batch
        self._memory = memory

    def stages(self, stages: Mapping[int, Opened], scorers: Mapping[str, Opened]) -> Placing:
        """How these stages share the device, beside the scorers that will be used there too.

        Nothing is decided for incomplete folders: loading them reports what is wrong. Raises
        UserError for a stage that can never fit.
        """
        try:
            footprints = {
                stage: unet_footprint(opened(), self._dtype, self._memory)
                for stage, opened in stages.items()
            }
            beside = sum(
                weights_held(opened().described(WHOLE), lambda name: torch.float32)
                for opened in scorers.values()
            )
        except UserError:
            return Placing()
        device = device_memory(self._device)
        left = Capacity(device.total, max(0, device.free - beside))
        return place_stages(footprints, left, self._host(), self._batch)

    def encoder(self, opened: Opened) -> tuple[str, torch.dtype]:
        """Where the text encoder runs, and in which dtype. Raises UserError if it fits nowhere."""
        try:
            folder = opened()
            footprints = {
                dtype: encoder_footprint(folder, dtype) for dtype in {self._dtype, torch.bfloat16}
            }
        except UserError:
            return self._device, self._dtype
        memory = device_memory(self._device)
        return place_encoder(footprints, self._device, self._dtype, memory, self._host())

    def _host(self) -> Capacity | None:
        return None if self._device == "cpu" else host_memory()

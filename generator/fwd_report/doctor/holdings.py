"""Estimate the memory that the networks of the pending runs need on the device and the host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from fwd_report.capacity import Capacity, device_memory, host_memory, in_words
from fwd_report.doctor.diagnosis import Diagnosis, diagnosed
from fwd_report.doctor.downloads import Wanted
from fwd_report.errors import UserError
from fwd_report.models.folder_layout import WHOLE
from fwd_report.models.footprint import Footprint, encoder_footprint, unet_footprint, weights_held
from fwd_report.models.model_folder import ModelFolder
from fwd_report.models.placing import Placing, place_encoder, place_stages
from fwd_report.store.memory import Memory

PROCESS = 1_500 * 2**20
"""Bytes on the host for Python, torch and its libraries, without any network."""


class Holdings:
    """Estimates the peak memory of a build on a device. batch: the desired batch size."""

    def __init__(self, device: str, dtype: torch.dtype, batch: int, memory: Memory) -> None:
        self._device = device
        self._dtype = dtype
        self._batch = batch
        self._memory = memory
        self._there = device_memory(device)
        self._beside = None if device == "cpu" else host_memory()

    def findings(self, wanted: Sequence[Wanted]) -> Iterator[Diagnosis]:
        """Report where prompts are encoded, how the stages share the device, and the peak memory
        of the device and the host.
        """
        on_device, on_host = [0], [0]
        encoders = [found for found in wanted if "text_encoder" in found.parts]
        for found in encoders:
            try:
                device, dtype = self._encoder_place(found)
            except UserError as error:
                yield diagnosed("prompts", error)
                continue
            held = self._encoder(found, dtype).weights
            (on_host if device == "cpu" and self._beside else on_device).append(held)
            name = str(dtype).removeprefix("torch.")
            says = f"encoded first, on {device} in {name}, {in_words(held)}"
            yield Diagnosis("prompts", says, data={"held": held, "device": device, "dtype": name})
        stages = {found.stage: found for found in wanted if "unet" in found.parts}
        scorers = sum(self._scorer(found) for found in wanted if WHOLE in found.parts)
        if stages:
            footprints = {stage: self._unet(found) for stage, found in sorted(stages.items())}
            try:
                placing = place_stages(footprints, self._free(scorers), self._beside, self._batch)
            except UserError as error:
                yield diagnosed("networks", error)
                return
            yield _said(footprints, placing)
            on_device.append(_peak(footprints, placing) + scorers)
            if placing.parked:
                on_host.append(sum(each.weights for each in footprints.values()))
        yield from self._peaks(max(*on_device, scorers), max(on_host))

    def _peaks(self, on_device: int, on_host: int) -> Iterator[Diagnosis]:
        if self._beside is None:
            yield _peak_finding("peak of memory", on_device + PROCESS, self._there)
        else:
            yield _peak_finding("peak on the device", on_device, self._there)
            yield _peak_finding("peak on the host", on_host + PROCESS, self._beside)

    def _free(self, taken: int) -> Capacity:
        return Capacity(self._there.total, max(0, self._there.free - taken))

    def _encoder_place(self, found: Wanted) -> tuple[str, torch.dtype]:
        footprints = {dtype: self._encoder(found, dtype) for dtype in (self._dtype, torch.bfloat16)}
        return place_encoder(footprints, self._device, self._dtype, self._there, self._beside)

    def _encoder(self, found: Wanted, dtype: torch.dtype) -> Footprint:
        if found.folder is not None:
            return encoder_footprint(ModelFolder(found.folder), dtype)
        return Footprint(found.numbers("text_encoder") * dtype.itemsize)

    def _unet(self, found: Wanted) -> Footprint:
        if found.folder is not None:
            return unet_footprint(ModelFolder(found.folder), self._dtype, self._memory)
        return Footprint(found.numbers("unet") * self._dtype.itemsize)

    def _scorer(self, found: Wanted) -> int:
        if found.folder is not None:
            described = ModelFolder(found.folder).described(WHOLE)
            return weights_held(described, lambda name: torch.float32)
        return found.numbers(WHOLE) * torch.float32.itemsize


def _said(footprints: dict[int, Footprint], placing: Placing) -> Diagnosis:
    weights = [f"{'I' * n} {in_words(each.weights)}" for n, each in footprints.items()]
    says = f"stage {', stage '.join(weights)}"
    if len(footprints) > 1:
        wait = "the other is kept in host memory" if placing.parked else "each is loaded in turn"
        says += "; on the device together" if placing.together else f"; one at a time, {wait}"
    pictures = {n: placing.batches[n] for n, each in footprints.items() if each.picture}
    if pictures:
        counts = [f"{count} pictures of stage {'I' * n}" for n, count in pictures.items()]
        says += f"; {' and '.join(counts)} at once"
    data = {
        "stages": {str(n): {"weights": f.weights, "picture": f.picture}
                   for n, f in footprints.items()},
        "together": placing.together,
        "parked": placing.parked,
        "batches": {str(n): count for n, count in pictures.items()},
    }  # fmt: skip
    return Diagnosis("networks", says, data=data)


def _peak(footprints: dict[int, Footprint], placing: Placing) -> int:
    """Peak bytes on the device, with batches of the size expected to fit."""
    weights = sum(each.weights for each in footprints.values())
    return max(
        (weights if placing.together else each.weights) + placing.batches[n] * each.picture
        for n, each in footprints.items()
    )


def _peak_finding(name: str, size: int, there: Capacity) -> Diagnosis:
    says = f"{in_words(size)} of {in_words(there.total)}, {in_words(there.free)} of it free"
    data = {"peak": size, "total": there.total, "free": there.free}
    if size <= there.free:
        return Diagnosis(name, says, data=data)
    hint = "stop other programs that use it, or choose a smaller model or a smaller `batch:`"
    return Diagnosis(name, says, "problem" if size > there.total else "warning", hint, data)

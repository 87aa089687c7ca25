"""Check the machine: versions, the device, memory, disks, programs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from fwd_report.capacity import (
    DEVICE_LIMIT,
    HOST_LIMIT,
    device_memory,
    host_memory,
    in_words,
    limit,
)
from fwd_report.doctor.diagnosis import Diagnosis, diagnosed
from fwd_report.engine.device import choose_device
from fwd_report.engine.environment import hardware, versions
from fwd_report.errors import UserError
from fwd_report.store.store import Store

LITTLE = 2**30
"""Free bytes on the store's disk below which it may fill up during a build."""


def look_at_versions() -> Diagnosis:
    found = versions()
    says = ", ".join(f"{name} {number}" for name, number in found.items())
    return Diagnosis("versions", says, data={"versions": found})


def look_at_device(wanted: str) -> tuple[Diagnosis, str | None]:
    """Check the device that `device:` in report.yaml selects here; None if it cannot be used."""
    try:
        device = choose_device(wanted)
    except UserError as error:
        return diagnosed("device", error), None
    data = {"device": device, "hardware": hardware(device)}
    says = f"{device}, {data['hardware']}"
    if device == "cpu" and wanted == "auto" and shutil.which("nvidia-smi") and not _with_cuda():
        hint = "install the build of torch for your CUDA: https://pytorch.org/get-started/locally"
        says += "; there is an NVIDIA GPU, and this torch is built without CUDA"
        return Diagnosis("device", says, "warning", hint, data), device
    return Diagnosis("device", says, data=data), device


def look_at_memory(device: str) -> Iterator[Diagnosis]:
    kinds = {"host memory": (host_memory, HOST_LIMIT)}
    if device != "cpu" or limit(DEVICE_LIMIT) is not None:
        kinds["device memory"] = (lambda: device_memory(device), DEVICE_LIMIT)
    for name, (measured, variable) in kinds.items():
        there = measured()
        says = f"{in_words(there.free)} free of {in_words(there.total)}"
        if limit(variable) is not None:
            says += f", as {variable} says"
        yield Diagnosis(name, says, data={"free": there.free, "total": there.total})


def look_at_store(root: Path) -> Diagnosis:
    """Check the store: its path, its size, and the free space on its disk."""
    store = Store(root)
    keys, size = store.keys(), 0
    for folder, _, names in os.walk(store.root):
        size += sum(_size(Path(folder, name)) for name in names)
    place = existing(store.root)
    free = shutil.disk_usage(place).free
    says = f"{store.root}, {len(keys):,} results, {in_words(size)}; {in_words(free)} free there"
    data = {"path": str(store.root), "results": len(keys), "size": size, "free": free}
    if not os.access(place, os.W_OK):
        hint = "change its owner or permissions, or copy the writeup to a folder you can write to"
        return Diagnosis("store", f"{says}; it cannot be written", "problem", hint, data)
    if free < LITTLE:
        hint = "free some space; `fwd-report store gc` deletes results that no spec needs"
        return Diagnosis("store", says, "problem" if not free else "warning", hint, data)
    return Diagnosis("store", says, data=data)


def look_at_git() -> Diagnosis:
    """Check for git, which records the commit of each result and is needed to publish."""
    found = shutil.which("git")
    if found:
        return Diagnosis("git", found)
    says = "not found: results will not record a commit, and `publish` will not work"
    return Diagnosis("git", says, "warning", "install git")


def existing(folder: Path) -> Path:
    """Return the folder, or its nearest parent that exists."""
    return next(place for place in (folder, *folder.absolute().parents) if place.is_dir())


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _with_cuda() -> bool:
    import torch

    return torch.version.cuda is not None

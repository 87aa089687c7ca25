"""How much memory the device and the host have."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from fwd_report.errors import UserError

DEVICE_LIMIT, HOST_LIMIT = "FWD_REPORT_DEVICE_MEMORY", "FWD_REPORT_HOST_MEMORY"
"""Environment variables that pretend there is no more than, for instance, 16GiB: for shared
cards."""
UNITS = {"": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30, "kb": 10**3, "mb": 10**6, "gb": 10**9}
CGROUP = Path("/sys/fs/cgroup/memory.max")
"""Where Linux tells how much a container or a batch job may use."""


@dataclass(frozen=True)
class Capacity:
    """Bytes of memory: the total, and the part that is free now."""

    total: int
    free: int

    def limited(self, limit: int | None) -> Capacity:
        """The same, with no more than `limit` bytes."""
        if limit is None:
            return self
        return Capacity(min(self.total, limit), min(self.free, limit))


_processes = 1
"""How many processes share the host's memory, this one counted in."""


def share_host(processes: int) -> None:
    """From now on so many processes, of which this is one, share the host's memory equally."""
    global _processes
    _processes = processes


def host_memory() -> Capacity:
    """The host's memory, or the share that a container or a batch job may use; of it this
    process's share.
    """
    import psutil

    found = psutil.virtual_memory()
    host = Capacity(found.total, found.available).limited(_group_limit()).limited(limit(HOST_LIMIT))
    if _processes == 1:
        return host
    share = host.total // _processes
    return Capacity(share, max(0, min(host.free, share - psutil.Process().memory_info().rss)))


def device_memory(device: str) -> Capacity:
    """The memory of a GPU; for a device without its own, the host's."""
    return _own_memory(device).limited(limit(DEVICE_LIMIT))


def limit(variable: str) -> int | None:
    """The bytes that an environment variable allows; None: no limit. Raises UserError for no
    size.
    """
    said = os.environ.get(variable, "").strip()
    if not said:
        return None
    size = parse_size(said)
    if size is None:
        raise UserError(f"{variable} is '{said}', which is no size", hint="such as 16GiB or 8GB")
    return size


def parse_size(text: str) -> int | None:
    """The bytes of a size such as 12.7GiB, 800 MB or 1000000; None for anything else."""
    match = re.fullmatch(r"(\d{1,15}(?:\.\d{1,6})?)\s*([kmg]i?b)?", text.strip().lower())
    return int(float(match[1]) * UNITS[match[2] or ""]) if match else None


def in_words(size: float) -> str:
    """Bytes in readable form: 8.0 GiB, 23 MiB."""
    if size >= 2**30 / 10:
        return f"{size / 2**30:.1f} GiB"
    return f"{size / 2**20:.0f} MiB" if size >= 2**20 / 10 else f"{size / 2**10:.0f} KiB"


def _own_memory(device: str) -> Capacity:
    import torch

    if device.startswith("cuda"):
        free, total = torch.cuda.mem_get_info(device)
        # What torch holds and does not use is free for us.
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return Capacity(total, free + unused)
    return host_memory()


def _group_limit() -> int | None:
    try:
        return int(CGROUP.read_text())
    except (OSError, ValueError):  # "max", or no Linux
        return None

"""What made a result, apart from its key: shown on the page, not part of the result's identity."""

from __future__ import annotations

import platform
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import fwd_report
from fwd_report.errors import counted

LIBRARIES = ("torch", "diffusers", "transformers", "accelerate")


@cache
def versions() -> dict[str, str]:
    """The versions of Python, this package and the libraries."""
    found = {"python": platform.python_version(), "fwd-report": fwd_report.__version__}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


@cache
def hardware(device: str) -> str:
    """The name of the hardware used: the accelerator, or the processor and its number of cores."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return f"{_processor()}, {counted(torch.get_num_threads(), 'thread')}"


def peak_memory(device: str) -> int | None:
    """Peak memory so far, in bytes: of the accelerator, or of this process; None if unknown."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated(device)
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:  # Windows
        return None
    return getrusage(RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()

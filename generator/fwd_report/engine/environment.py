"""What made a result, beside its key: shown on the page, not part of the identity."""

from __future__ import annotations

import platform
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import fwd_report

LIBRARIES = ("torch", "diffusers", "transformers", "accelerate")


@cache
def versions() -> dict[str, str]:
    """Python's, this package's and the libraries' versions."""
    found = {"python": platform.python_version(), "fwd-report": fwd_report.__version__}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


@cache
def hardware(device: str) -> str:
    """The name of what computed: the accelerator's, or the processor's and its core count."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return f"{_processor()}, {torch.get_num_threads()} threads"


def peak_memory(device: str) -> int | None:
    """Most bytes held so far: of the accelerator, or of this process; None where not known."""
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

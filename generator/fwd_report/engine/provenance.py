"""What made a result, beside its key: shown on the page, not part of the identity."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

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
def git_state(root: Path) -> dict[str, Any]:
    """The project's commit and whether its tree differs from it; {} outside a repository."""

    def git(*arguments: str) -> str:
        answer = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True
        )
        return answer.stdout.strip()

    try:
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError):
        return {}


@cache
def hardware(device: str) -> str:
    """The name of what computed: the accelerator's, or the processor's and its core count."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return f"{_processor()}, {torch.get_num_threads()} threads"


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()

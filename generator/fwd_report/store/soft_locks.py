"""Lock files that lock by merely existing, for file systems without locks of their own."""

from __future__ import annotations

import os
from pathlib import Path

from fwd_report.errors import UnavailableError
from fwd_report.store.files import read_regular

SOFT = ".soft"
"""The suffix of locks that are marker files, used where there are no others."""


def marker_of(lock: Path) -> Path:
    """The marker that stands for a lock file; for a marker, itself."""
    return lock.with_name(lock.name.removesuffix(SOFT) + SOFT)


def held_too_long(guard: Path, seconds: float) -> UnavailableError:
    """The error for a lock that is held too long, by a process or by the marker of a killed one.

    A marker contains its process and host, one per line, as filelock writes them.
    """
    marker = marker_of(guard)
    if not os.path.lexists(marker):
        return UnavailableError(
            f"{guard} has been held by another process for {seconds:.0f} s",
            hint="a process that uses this project is stopped: resume it or end it",
        )
    try:
        pid, host, *_ = read_regular(marker).decode().splitlines()
        owner = f"process {int(pid)} on {host}"
    except (OSError, ValueError):
        owner = "another process"
    return UnavailableError(
        f"{marker} has been held by {owner} for {seconds:.0f} s",
        hint="if that process is stopped, resume it or end it; if it is gone, delete this file",
    )

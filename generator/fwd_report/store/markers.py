"""Files whose being there is the lock, where a file system has no locks of its own."""

from __future__ import annotations

import os
from pathlib import Path

from fwd_report.errors import UnavailableError
from fwd_report.store.files import read_regular

SOFT = ".soft"
"""Ends the names of locks that are marker files, where there are no others."""


def marker_of(lock: Path) -> Path:
    """The marker that stands for a lock file; a marker's own is itself."""
    return lock.with_name(lock.name.removesuffix(SOFT) + SOFT)


def held_too_long(guard: Path, seconds: float) -> UnavailableError:
    """Of the file that is there: the lock, or the marker that a process leaves when it is killed.

    A marker says its process and host, a line each, as filelock writes it.
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

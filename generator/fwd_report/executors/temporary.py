"""Temporary folders owned by a process. Those left by killed processes are deleted later."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil

BOOT, PROCESSES = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
"""Linux: the id of this boot, and the process namespace."""


def own_folder(prefix: str, place: Path | None = None) -> Path:
    """Create a folder for this process in `place`, by default the system's temporary folder.

    Deletes folders with this prefix whose process has ended, but only those of this machine: if
    `place` is shared, the processes of other machines cannot be seen from here.
    """
    place = place or Path(tempfile.gettempdir())
    here = _here()
    for path in place.glob(f"{prefix}*-{here}-*"):
        number = path.name.removeprefix(prefix).partition("-")[0]
        if number.isdecimal() and not psutil.pid_exists(int(number)):
            shutil.rmtree(path, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-{here}-", dir=place))


@cache
def _here() -> str:
    """A short id of this machine's boot and process namespace, within which pids are unique."""
    said = [platform.node()]
    with suppress(OSError):  # not on Linux
        said += [BOOT.read_text(), os.readlink(PROCESSES)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:6]

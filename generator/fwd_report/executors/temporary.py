"""Folders that go with a process; those of processes that were killed are removed by the next."""

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
"""Where Linux tells which start of the machine this is, and whose processes this one sees."""


def own_folder(prefix: str, place: Path | None = None) -> Path:
    """A new folder of this process in `place`, by default the system's for temporary files.

    Folders there with the same prefix whose process is gone are removed: those of this machine,
    since `place` may be shared with others, whose processes cannot be seen here.
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
    """A short name of all that see the same processes as this one under the same numbers."""
    said = [platform.node()]
    with suppress(OSError):  # where there is no Linux
        said += [BOOT.read_text(), os.readlink(PROCESSES)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:6]

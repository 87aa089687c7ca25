"""Folders that go with a process; those of processes that were killed are removed by the next."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import psutil


def own_folder(prefix: str, place: Path | None = None) -> Path:
    """A new folder of this process in `place`, by default the system's for temporary files.

    Folders there with the same prefix whose process is gone are removed.
    """
    place = place or Path(tempfile.gettempdir())
    for path in place.glob(f"{prefix}*-*"):
        number = path.name.removeprefix(prefix).partition("-")[0]
        if number.isdecimal() and not psutil.pid_exists(int(number)):
            shutil.rmtree(path, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=place))

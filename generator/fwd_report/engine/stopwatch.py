"""How long a job took, including its processes that were killed."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from pathlib import Path

from fwd_report.store.files import write_atomically
from fwd_report.store.store import SECONDS


class Stopwatch:
    """Seconds spent on the job of a working folder since its first start; call `save` now and then.

    The record is a hidden file, so that it stays behind when the folder moves into the store. One
    that does not hold a valid number of seconds counts as none.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / SECONDS
        try:
            before = float(self._file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            before = 0.0
        self._before = before if math.isfinite(before) and before > 0 else 0.0
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds so far, including those that earlier processes saved."""
        return self._before + time.monotonic() - self._began

    def save(self) -> None:
        """Record the seconds, for the process that continues after an interruption."""
        with suppress(OSError):
            write_atomically(self._file, f"{self.seconds:.3f}", durable=False)

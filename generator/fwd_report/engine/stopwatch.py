"""How long a job took, those of its processes that were killed counted in."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from pathlib import Path

from fwd_report.store.files import write_atomically
from fwd_report.store.store import SECONDS


class Stopwatch:
    """Seconds spent on the job of a working folder since its first start; `save` now and then.

    The note is hidden, so that it stays behind when the folder moves into the store. One that
    cannot be a number of seconds counts as none.
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
        """So far, up to the last `save` of an earlier process."""
        return self._before + time.monotonic() - self._began

    def save(self) -> None:
        """Note the seconds, for whoever goes on after an interruption."""
        with suppress(OSError):
            write_atomically(self._file, f"{self.seconds:.3f}", durable=False)

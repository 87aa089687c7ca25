"""How long a job took, those of its processes that were killed counted in."""

from __future__ import annotations

import time
from pathlib import Path

FILE = ".seconds"
"""In the job's folder; hidden, so that it stays behind when the folder moves into the store."""


class Stopwatch:
    """Seconds spent on the job of a working folder since its first start; `save` now and then."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        try:
            self._before = float(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._before = 0.0
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """So far, up to the last `save` of an earlier process."""
        return self._before + time.monotonic() - self._began

    def save(self) -> None:
        """Note the seconds, for whoever goes on after an interruption."""
        self._file.write_text(f"{self.seconds:.3f}", encoding="utf-8")

"""What this process remembers of projects, forgotten: as if the next command ran in another."""

from __future__ import annotations

from fwd_report.store.memory import THIS_PROCESS, memory_of


def as_another_process() -> None:
    """Forget it. What lies in the projects' folders stays."""
    THIS_PROCESS.files.clear()
    THIS_PROCESS.values.clear()
    memory_of.cache_clear()

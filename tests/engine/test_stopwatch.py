"""A job's seconds survive the processes that were killed over it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fwd_report.engine import stopwatch
from fwd_report.engine.stopwatch import Stopwatch
from fwd_report.store.store import SECONDS


def test_seconds_add_up_over_interruptions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(stopwatch.time, "monotonic", lambda: now)
    first = Stopwatch(tmp_path)
    now = 107.0
    first.save()
    now = 108.0
    assert first.seconds == 8
    second = Stopwatch(tmp_path)
    now = 111.0
    assert second.seconds == 7 + 3


def test_a_damaged_note_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / SECONDS).write_text("?")
    assert Stopwatch(tmp_path).seconds == pytest.approx(0, abs=1)

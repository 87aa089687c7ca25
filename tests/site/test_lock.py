"""Two processes that want the pages: one waits, and says for whom and how to go on."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fwd_report.site.lock import held

HOLD = (
    "import sys; from pathlib import Path; from fwd_report.site.lock import held\n"
    "with held(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
)


def test_who_waits_says_for_whom(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    threading.Timer(1.5, other.communicate).start()
    with held(tmp_path):
        said = capsys.readouterr().err
    assert f"process {other.pid}" in said
    assert "since" in said
    assert f"kill {other.pid}" in said
    assert "writes or reads the pages" in said


def test_a_killed_holder_is_waited_for_by_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert other.stdout is not None
    other.stdout.readline()
    other.kill()
    other.communicate()
    with held(tmp_path):
        assert capsys.readouterr().err == ""

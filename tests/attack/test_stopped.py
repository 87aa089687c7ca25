"""Ctrl-C and SIGTERM in the middle of a build: it ends soon, says what is kept, and goes on."""

from __future__ import annotations

import os
import signal
import time

import pytest
from tests.helpers.writeup import SECTION, Writeup, assert_same

from fwd_report.store.store import Store

SOON = 5.0
"""Seconds: two, and some for a machine that is busy with other things."""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_build_that_is_stopped_keeps_what_is_done_and_says_so(
    writeup: Writeup, built: tuple[Writeup, float], number: int, code: int
) -> None:
    specs = writeup.root / "experiments" / "all.yaml"
    specs.write_text(SECTION.replace("samples: 4", "samples: 100"))
    build = writeup.start("build")
    store, deadline = Store(writeup.root), time.monotonic() + 60
    while not store.keys() and time.monotonic() < deadline:
        time.sleep(0.02)
    began = time.monotonic()
    assert build.pid is not None
    os.kill(build.pid, number)
    build.join(60)
    said = writeup.said(build)
    assert build.exitcode == code, said
    assert time.monotonic() - began < SOON
    assert "stopped; what was done is stored, and the next build goes on from there" in said
    assert "Traceback" not in said
    kept = writeup.results()
    assert kept
    specs.write_text(SECTION)
    writeup.build()
    assert kept.items() <= writeup.results().items()
    assert_same(writeup, built[0], may_hold_more=True)

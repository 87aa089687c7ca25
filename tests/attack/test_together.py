"""Several processes at once on one project: each run is made once, and nothing breaks."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from tests.helpers.writeup import RUNS, Writeup, assert_same

ROOT = Path(__file__).parents[2]


def test_three_builds_at_once_make_each_run_once(
    writeup: Writeup, built: tuple[Writeup, float]
) -> None:
    builds = [writeup.start("build") for _ in range(3)]
    ran = others = 0
    for build in builds:
        build.join(120)
        said = writeup.said(build)
        assert build.exitcode == 0, said
        ran += int((re.search(r"ran (\d+) of", said) or ["", "0"])[1])
        others += int((re.search(r"another build ran (\d+) run", said) or ["", "0"])[1])
    assert ran == RUNS, "each was run by one of them, and said by that one"
    assert others <= 2 * RUNS
    assert_same(writeup, built[0])
    assert writeup.left() == []


@pytest.mark.slow
def test_a_build_beside_gc_and_verify_ends_as_alone(
    writeup: Writeup, built: tuple[Writeup, float]
) -> None:
    build = writeup.start("build")
    while build.is_alive():
        others = [
            writeup.start("store", "gc", "--keep", "0", "--yes"),
            writeup.start("store", "verify"),
            writeup.start("plan"),
        ]
        for other in others:
            other.join(120)
            assert other.exitcode == 0, writeup.said(other)
    build.join(120)
    assert build.exitcode == 0, writeup.said(build)
    assert_same(writeup, built[0])


@pytest.mark.slow
def test_builds_beside_serve_end_as_alone(writeup: Writeup, built: tuple[Writeup, float]) -> None:
    for name in ("site_templates", "mkdocs.yml"):
        source, target = ROOT / name, writeup.root / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    served = subprocess.Popen(
        [sys.executable, "-m", "fwd_report", "serve", "--port", str(port)],
        cwd=writeup.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "generator")},
    )  # fmt: skip
    try:
        for caption in ("First", "Second", "Third"):
            writeup.edit(caption)
            build = writeup.start("build", "--force")
            build.join(120)
            assert build.exitcode == 0, writeup.said(build)
            assert appears(f"http://127.0.0.1:{port}/report/all/", caption), "served as built"
    finally:
        served.terminate()
        said, _ = served.communicate(timeout=60)
    assert "Traceback" not in said
    assert_same(writeup, built[0])


def appears(address: str, text: str) -> bool:
    """Whether a page comes to hold a text within a minute."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with suppress(OSError), urllib.request.urlopen(address, timeout=10) as page:
            if text in page.read().decode():
                return True
        time.sleep(0.1)
    return False


def test_a_build_beside_one_that_loses_its_results_ends_well(
    copy: Writeup, built: tuple[Writeup, float]
) -> None:
    """Somebody deletes the store by hand while it is read."""
    copy.edit("Deleted")
    build = copy.start("build")
    shutil.rmtree(copy.root / ".fwd-report" / "store", ignore_errors=True)
    build.join(120)
    said = copy.said(build)
    assert build.exitcode in (0, 1), said
    assert "Traceback" not in said
    copy.build()
    assert_same(copy, built[0])

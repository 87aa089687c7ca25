"""An edited caption to its page, under `serve`: seconds, and as a part of building the site anew.

python bench/serve.py [--times 7] [--project FOLDER]

The project (by default the starter, over 1,000 runs) is copied with its results, and built there
if it is not. Then `serve` runs on the copy, in a process of its own; the caption of one experiment
is changed again and again, and the page is asked for until it has the new words. Between two edits
the server comes to rest. A whole `mkdocs build` of the same site is timed beside it: the ratio says
more than seconds do on a busy machine.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
SPECS = ("experiments", "site_templates", "techniques", "docs", "mkdocs.yml", ".fwd-report")
CAPTION = re.compile(r"^ +caption: (?:[>|]-?\n +)?", re.M)
LONGEST = 300.0
"""Seconds to wait for a page before something must be wrong."""


def environ() -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(ROOT / "generator"), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "NO_MKDOCS_2_WARNING": "1"}


def run(folder: Path, *command: str) -> float:
    """The seconds that `python -m COMMAND` takes there; ends with what it said if it fails."""
    began = time.perf_counter()
    answer = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, env=environ(), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    if answer.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{answer.stdout}{answer.stderr}")
    return time.perf_counter() - began


def copied(project: Path, folder: Path) -> Path:
    """A copy of what a writeup is made of and of its results, built."""
    for name in SPECS:
        if (project / name).is_dir():
            shutil.copytree(project / name, folder / name, ignore=shutil.ignore_patterns("serve-*"))
        elif (project / name).is_file():
            shutil.copyfile(project / name, folder / name)
    run(folder, "fwd_report", "build")
    return folder


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which `fwd-report serve` shows the project while the block runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "fwd_report", "serve", "--port", str(port)],
        cwd=folder, env=environ(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait()


def read(address: str) -> str:
    """A page's text, "" where there is none."""
    try:
        with urllib.request.urlopen(address, timeout=LONGEST) as answer:
            return str(answer.read().decode())
    except (urllib.error.URLError, ConnectionError):
        return ""


def until(address: str, words: str) -> float:
    """Seconds until the page has these words. Ends the benchmark where it never does."""
    began = time.perf_counter()
    while words not in read(address):
        if time.perf_counter() - began > LONGEST:
            sys.exit(f"{address} does not show {words!r}")
        time.sleep(0.01)
    return time.perf_counter() - began


def rest(address: str) -> None:
    """Wait until the server has nothing to do, and its next processes are at hand."""
    while json.loads(read(f"{address}__fwd-report/state") or '{"doing": "starting"}')["doing"]:
        time.sleep(0.05)
    time.sleep(3)


def edits(folder: Path, section: str, times: int) -> list[float]:
    """Seconds from each edit of the section's first caption to the page that shows it."""
    spec = folder / "experiments" / f"{section}.yaml"
    before = spec.read_text(encoding="utf-8")
    caption = CAPTION.search(before)
    if caption is None:
        sys.exit(f"{spec} has no caption")
    seconds = []
    with served(folder) as address:
        page = f"{address}report/{section}/"
        until(page, "</html>")
        for number in range(times + 1):
            rest(address)
            words = f"Edit {number} of {time.time_ns()}"
            edited = f"{before[: caption.end()]}{words}. {before[caption.end() :]}"
            spec.write_text(edited, encoding="utf-8")
            seconds.append(until(page, words))
    return seconds[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=7, help="edits, after one that is not counted")
    parser.add_argument("--project", type=Path, default=ROOT, help="the writeup to serve")
    parser.add_argument("--section", default="hybrids", help="whose first caption is edited")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = copied(given.project.resolve(), Path(name))
        whole = statistics.median(
            run(folder, "mkdocs", "build", "--quiet", "--site-dir", str(folder / "site"))
            for _ in range(3)
        )
        seconds = edits(folder, given.section, given.times)
    edit = statistics.median(seconds)
    print(f"edit to page   {edit:6.2f} s   from {min(seconds):.2f} to {max(seconds):.2f}")
    print(f"mkdocs build   {whole:6.2f} s   {whole / edit:.2f} times as long")


if __name__ == "__main__":
    main()

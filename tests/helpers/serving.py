"""A server of a project, as a process, and what it answers."""

from __future__ import annotations

import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil

from fwd_report.site.serve import serve

ROOT = Path(__file__).parents[2]


MODULE = "tests.helpers.served_build"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(true: Callable[[], object], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


def fetch(port: int, path: str = "report/a/") -> tuple[int, str]:
    """Status and text of a page; 0 where nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return 0, ""


class Served:
    """A served project whose caption is the content of experiments/caption.txt."""

    def __init__(self, root: Path, caption: str = "First.") -> None:
        self.root = root
        self.said: list[str] = []
        self.port = free_port()
        self.stop = threading.Event()
        (root / "experiments").mkdir(exist_ok=True)
        self.write(caption)
        self._thread = threading.Thread(
            target=serve,
            args=(root, [MODULE, str(root)], self.port, self.said.append, self.stop),
        )

    def write(self, caption: str) -> None:
        """At one moment: no build reads a half of it."""
        (self.root / "caption.new").write_text(caption)
        (self.root / "caption.new").replace(self.root / "experiments" / "caption.txt")

    def shows(self, text: str, path: str = "report/a/") -> bool:
        return text in fetch(self.port, path)[1]

    def __enter__(self) -> Served:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(timeout=30)
        assert not self._thread.is_alive()


def alive(pid: int) -> bool:
    """Whether it has not ended; it may end while it is looked at."""
    try:
        return psutil.Process(pid).status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return False

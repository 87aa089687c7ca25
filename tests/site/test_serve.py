"""Serving, in real processes: pages appear, follow edits, and survive mistakes."""

from __future__ import annotations

import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.site.fabricate import Fabric, Sample, picture

from fwd_report.errors import UserError
from fwd_report.site.render import render_site
from fwd_report.site.serve import serve


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(true: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.2)
    return False


class Served:
    """A served project whose caption is the content of experiments/caption.txt."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.said: list[str] = []
        self.port = free_port()
        self.stop = threading.Event()
        self._fabric = Fabric(root)
        self._entries = [self._fabric.entry("a", "one", Sample(), picture(0, 8))]
        self.write("First.")
        self._thread = threading.Thread(
            target=serve, args=(root, self.rebuild, self.port, self.said.append, self.stop)
        )

    def write(self, caption: str) -> None:
        (self.root / "experiments" / "caption.txt").write_text(caption)

    def rebuild(self) -> None:
        caption = (self.root / "experiments" / "caption.txt").read_text()
        if caption == "wrong":
            raise UserError("experiments/a.yaml: wrong")
        experiment = self._fabric.experiment("one", Sample, self._entries, caption=caption)
        section = self._fabric.section("a", "A", [experiment])
        render_site(self._fabric.report(section), self.root)

    def shows(self, text: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/report/a/") as answer:
                return text in answer.read().decode()
        except (urllib.error.URLError, ConnectionError):
            return False

    def __enter__(self) -> Served:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(timeout=30)
        assert not self._thread.is_alive()


@pytest.fixture
def served(project: Path) -> Iterator[Served]:
    with Served(project) as running:
        yield running


def test_pages_follow_edits_and_survive_mistakes(served: Served) -> None:
    assert eventually(lambda: served.shows("First."))
    served.write("wrong")
    assert eventually(lambda: "experiments/a.yaml: wrong" in served.said)
    assert served.shows("First.")
    served.write("Second.")
    assert eventually(lambda: served.shows("Second."))


def test_a_taken_port_is_an_error(project: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        served = Served(project)
        with pytest.raises(UserError, match=r"port [0-9]+ cannot be used"):
            serve(project, served.rebuild, taken.getsockname()[1], served.said.append)

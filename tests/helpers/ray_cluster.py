"""A Ray cluster of two nodes on this machine, and the end of workers that are at work there."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from fwd_report.executors.cluster import set_up
from fwd_report.executors.worker import FOLDER as WORKER
from fwd_report.store.store import Store


@contextmanager
def cluster_of_two_nodes() -> Iterator[Any]:
    """Two nodes with a core each. Nothing of them is left afterwards."""
    set_up()
    from ray.cluster_utils import Cluster

    node: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 100 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        cluster.add_node(**node)
        yield cluster
    finally:
        cluster.shutdown()  # type: ignore[no-untyped-call]


class Killer(threading.Thread):
    """Kills one worker while it trains and one while it samples, each when it has done a part.

    killed: the processes, by what each was doing.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(daemon=True)
        self._store = Store(root)
        self.killed: dict[str, int] = {}
        self._ended = threading.Event()

    def run(self) -> None:
        while len(self.killed) < 2 and not self._ended.wait(0.05):
            saved = [*self._store.base.glob("training/*/.state-*")]
            for pid, folder in workers():
                kind = "training" if any(folder.glob("training/*/.state-*")) else "sampling"
                begun = saved if kind == "training" else self._store.places()
                if begun and kind not in self.killed:
                    with suppress(ProcessLookupError):  # it ended by itself since it was seen
                        os.kill(pid, signal.SIGKILL)
                        self.killed[kind] = pid
                    break

    def __enter__(self) -> Killer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()


def workers() -> list[tuple[int, Path]]:
    """The worker processes that are at work, and where each keeps its results."""
    found = []
    for folder in Path(tempfile.gettempdir()).glob(f"{WORKER}*"):
        pid = int(folder.name.removeprefix(WORKER).partition("-")[0])
        try:
            title = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if title.startswith(b"ray::Worker.work"):
            found.append((pid, folder / "project/.fwd-report"))
    return found

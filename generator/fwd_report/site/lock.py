"""One process at a time writes or reads the pages; who waits says for whom."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PATIENCE = 1.0
"""Seconds of waiting in silence: what others do with the pages seldom takes longer."""


@contextmanager
def held(root: Path, name: str = "site") -> Iterator[None]:
    """Hold the lock `.fwd-report/NAME.lock`; says on stderr who else has it, and waits."""
    from filelock import FileLock, Timeout

    folder = root / ".fwd-report"
    folder.mkdir(exist_ok=True)
    lock = FileLock(folder / f"{name}.lock")
    holder = folder / f"{name}.holder"
    try:
        lock.acquire(timeout=PATIENCE)
    except Timeout:
        print(_waiting(holder, folder / f"{name}.lock"), file=sys.stderr, flush=True)
        lock.acquire()
    try:
        with suppress(OSError):
            holder.write_text(json.dumps(_myself()), encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            holder.unlink()
        lock.release()


def _myself() -> dict[str, object]:
    words = [Path(sys.argv[0]).name, *sys.argv[1:3]]
    return {
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": time.strftime("%H:%M:%S"),
        "command": " ".join(words),
    }


def _waiting(holder: Path, lock: Path) -> str:
    try:
        who = json.loads(holder.read_text(encoding="utf-8"))
        process, host = int(who["process"]), str(who["host"])
        doing = f"process {process} on {host} ({who['command']}) since {who['since']}"
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return f"waiting for the pages: another process holds {lock}; Ctrl-C gives up"
    end = f"kill {process} ends it" if host == socket.gethostname() else f"end it on {host}"
    shown = "".join(c if c.isprintable() else " " for c in doing)
    return f"waiting for the pages: {shown} holds {lock}; if it hangs, {end}; Ctrl-C here gives up"

"""The site on this machine while it is being written: built again whenever its sources change."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fwd_report.errors import RunError, StaleError, UserError

WATCHED = ("experiments", "site_templates")
QUIET_SECONDS = 0.3
"""How long nothing may change before a rebuild: an editor saves in several steps."""


def serve(
    root: Path,
    rebuild: Callable[[], None],
    port: int = 8000,
    say: Callable[[str], None] = print,
    stop: threading.Event | None = None,
) -> None:
    """Rebuild, run `mkdocs serve`, rebuild on each change of experiments/ or site_templates/.

    What is wrong with a change is said, and the server keeps showing the last good pages. Ends
    when `stop` is set, on Ctrl-C, or when the server ends; raises RunError if it cannot start,
    UserError if the port is taken.
    """
    _check_free(port)
    stop = stop or threading.Event()
    changed = threading.Event()
    good = _attempt(rebuild, say)
    observer = _watch(root, changed)
    server = subprocess.Popen(
        [sys.executable, "-m", "mkdocs", "serve", "--quiet", "-a", f"127.0.0.1:{port}"],
        cwd=root,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    say(f"serving on http://127.0.0.1:{port}/ (Ctrl-C ends it)")
    try:
        while not stop.is_set():
            if server.poll() is not None:
                raise RunError(f"mkdocs serve ended with exit code {server.returncode}")
            if changed.wait(timeout=0.2):
                while changed.is_set():
                    changed.clear()
                    stop.wait(QUIET_SECONDS)
                before, good = good, _attempt(rebuild, say)
                if good and not before:
                    say("built again")
    except KeyboardInterrupt:
        say("stopped")
    finally:
        observer.stop()
        server.terminate()
        server.wait()


def _attempt(rebuild: Callable[[], None], say: Callable[[str], None]) -> bool:
    """Rebuild, or say why that failed; whether it went well."""
    try:
        rebuild()
    except (UserError, RunError, StaleError) as error:
        say(str(error))
        return False
    return True


def _check_free(port: int) -> None:
    """Raise UserError if another program listens on that port of this machine."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", port))
        except OSError as error:
            raise UserError(
                f"port {port} cannot be used: {error.strerror}",
                hint=f"name another: fwd-report serve --port {port + 1}",
            ) from error


def _watch(root: Path, changed: threading.Event) -> Any:
    """A running observer that sets `changed` when a watched file is written, made or removed."""
    from watchdog.events import FileSystemEvent, FileSystemEventHandler
    from watchdog.observers import Observer

    class Handler(FileSystemEventHandler):
        def on_any_event(self, event: FileSystemEvent) -> None:
            if event.event_type in ("modified", "created", "deleted", "moved"):
                changed.set()

    observer = Observer()
    for name in WATCHED:
        if (root / name).is_dir():
            observer.schedule(Handler(), str(root / name), recursive=True)
    observer.start()
    return observer

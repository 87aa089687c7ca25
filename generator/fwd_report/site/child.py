"""A process for one command that ends when its parent does, however the parent ends.

`python child.py MODULE…` imports the named libraries, waits for a line on standard input with the
command, and runs it. That input stays open as long as the parent lives; at its end the command is
interrupted. A pipe works on every system, and for a killed parent as well.

This file is run by its path, so that nothing of the package is imported before the command is
known.
"""

from __future__ import annotations

import _thread
import importlib
import io
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

PATIENCE = 1.0
"""Seconds that an interrupted command has to end by itself."""


class Child:
    """A process that has imported `libraries`, and runs one command when told to.

    None of the libraries may be this package's own: a command runs the code that is on disk at that
    time.
    """

    def __init__(self, root: Path, libraries: Sequence[str] = ()) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__, *libraries],
            cwd=root,
            env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # a terminal's Ctrl-C is for the parent alone
        )

    def run(
        self, module: str, arguments: Sequence[str], text: str, heard: Callable[[str], None]
    ) -> tuple[int, str, str]:
        """Run `python -m MODULE ARGUMENTS` with `text` as its input; return exit code, output,
        errors.

        Another thread passes each line of stderr to `heard` as it arrives.
        """
        assert self._process.stdin
        assert self._process.stdout
        command = {"module": module, "arguments": list(arguments), "input": text}
        # It may have been killed, as its exit code says, or told to end just before.
        with suppress(OSError, ValueError):
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
        errors: list[str] = []

        def listen() -> None:
            assert self._process.stderr
            for line in self._process.stderr:
                errors.append(line)
                heard(line.rstrip("\n"))

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        output = self._process.stdout.read()
        code = self._process.wait()
        listener.join(PATIENCE)
        return code, output, "".join(errors)

    def alive(self) -> bool:
        """Whether it is waiting or running."""
        return self._process.poll() is None

    def tell(self) -> None:
        """Ask it to end."""
        assert self._process.stdin
        with suppress(OSError):
            self._process.stdin.close()

    def end(self) -> None:
        """End it: politely first, then by force."""
        self.tell()
        try:
            self._process.wait(PATIENCE + 0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _Input(io.BytesIO):
    """Text that replaces standard input, under the attribute that MkDocs reads."""

    name = "<stdin>"


def main() -> None:
    """Wait for the command, and run it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in sys.argv[1:]:
        with suppress(ImportError):
            importlib.import_module(name)
    line = _line()
    if not line:
        return
    command = json.loads(line)
    threading.Thread(target=_watch, daemon=True).start()
    sys.argv = [command["module"], *command["arguments"]]
    sys.stdin = io.TextIOWrapper(_Input(command["input"].encode()), encoding="utf-8")
    runpy.run_module(command["module"], run_name="__main__", alter_sys=True)


def _line() -> bytes:
    """The first line of standard input, read without buffering, since the rest is watched."""
    line = b""
    with suppress(KeyboardInterrupt):
        while byte := os.read(0, 1):
            line += byte
            if byte == b"\n":
                return line
    return b""


def _watch() -> None:
    while os.read(0, 1024):
        pass
    _thread.interrupt_main()
    time.sleep(PATIENCE)
    os._exit(130)


if __name__ == "__main__":
    main()

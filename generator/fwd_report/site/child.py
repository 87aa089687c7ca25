"""A process for one command that ends when its parent does, however that ends.

`python child.py MODULE…` imports the named libraries, waits for a line on standard input that says
what to run, and runs it. That input stays open for as long as the parent lives: at its end the
command is interrupted. A pipe tells that on every system, also of a killed parent. This file is run
as it lies, by its path, so that nothing of the package is imported before the command is known.
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
    """A process that has imported `libraries` and runs one command when told to.

    None of them may be this package's own: what a command runs is what lies on the disk then.
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
        """Run `python -m MODULE ARGUMENTS` with `text` as its input; exit code, output, errors.

        Each line on stderr is passed to `heard` as it comes, by another thread.
        """
        assert self._process.stdin
        assert self._process.stdout
        command = {"module": module, "arguments": list(arguments), "input": text}
        with suppress(OSError):  # it may have been killed; its exit code says so
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
        """Whether it still waits or runs."""
        return self._process.poll() is None

    def tell(self) -> None:
        """Tell it that it is over."""
        assert self._process.stdin
        with suppress(OSError):
            self._process.stdin.close()

    def end(self) -> None:
        """End it, kindly first."""
        self.tell()
        try:
            self._process.wait(PATIENCE + 0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _Input(io.BytesIO):
    """Text in place of standard input, by the name that MkDocs asks for."""

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
    """The first line of standard input, unbuffered: the rest of it is watched."""
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

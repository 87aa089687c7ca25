"""The command, run in the tests' own process: what importing torch takes is paid once."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
from pathlib import Path
from unittest import mock

from fwd_report import stopping
from fwd_report.cli import main

PLAIN = {"NO_COLOR": "1", "TERM": "dumb"}
"""Of a terminal without colours."""


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """What `fwd-report ARGUMENTS` answers in that folder: its exit code, output and errors.

    It is the program from its arguments to its exit code. What only a process shows, such as what
    a signal does, what is imported and what a kill leaves, needs one: `Project.start`.
    """
    out, err = _stream(), _stream()
    code: int | str | None = 0
    with (
        contextlib.chdir(cwd),
        mock.patch.dict(os.environ, PLAIN),
        mock.patch("sys.argv", ["fwd-report", *arguments]),
        mock.patch.object(stopping, "watch"),  # signals are for the tests to obey
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
    said = [_text(stream) for stream in (out, err)]
    return subprocess.CompletedProcess(arguments, _number(code), *said)


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", newline="\n")


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


def _number(code: int | str | None) -> int:
    """What Python makes of the argument of SystemExit."""
    return code if isinstance(code, int) else 0 if code is None else 1

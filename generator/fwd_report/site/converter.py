"""LaTeX to MathML by Temml, KaTeX's sibling, in a separate process.

V8, which runs it, can use unlimited memory and time, or crash. Over a pipe, such a failure is an
error of one formula. The process ends with the pipe.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from queue import Empty, Queue
from threading import Lock, Thread

SCRIPT = Path(__file__).parent / "temml" / "convert.py"
SOURCES = (SCRIPT, SCRIPT.parent / "temml.min.js")
"""The files that determine what a formula becomes."""
ENCODING = "utf-8"
START_SECONDS = 120
"""A busy machine may take long to load V8; a formula never should."""
MOST_SECONDS = 10
MOST_BYTES = 500_000_000


class ConversionError(Exception):
    """A formula took too much time or memory, or crashed the converter."""


class Converter:
    """A process that converts formulas: started at the first one, and again if one crashed it."""

    def __init__(self, macros: str) -> None:
        """macros: a JSON object of names and their definitions."""
        self._macros = macros
        self._process: subprocess.Popen[str] | None = None
        self._answers: Queue[str | None] = Queue()
        self._one_at_a_time = Lock()

    def convert(self, latex: str, display: bool) -> str:
        """`made <math>…` or `failed REASON`. Raises ConversionError."""
        with self._one_at_a_time:
            if self._process is None or self._process.poll() is not None:
                self._start()
            said = self._ask(json.dumps([latex, display]), MOST_SECONDS + 5)
            if said.startswith("stopped "):
                self._end()
                raise ConversionError(said.removeprefix("stopped "))
            return said

    def close(self) -> None:
        """End the process; the next formula starts another."""
        with self._one_at_a_time:
            self._end()

    def _start(self) -> None:
        command = [sys.executable, "-P", str(SCRIPT), str(MOST_SECONDS), str(MOST_BYTES)]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding=ENCODING,
            env={**os.environ, "PYTHONIOENCODING": ENCODING},
            start_new_session=True,
        )
        self._process, self._answers = process, Queue()
        Thread(target=_read, args=(process, self._answers), daemon=True).start()
        self._ask(self._macros, START_SECONDS)

    def _ask(self, line: str, seconds: float) -> str:
        process = self._process
        try:
            if process is None or process.stdin is None:
                raise ConversionError("no converter")
            process.stdin.write(line + "\n")
            process.stdin.flush()
            said = self._answers.get(timeout=seconds)
        except Empty as error:
            self._end()
            raise ConversionError(f"no answer within {seconds:.0f} s") from error
        except OSError:
            said = None
        if said is None:
            self._end()
            raise ConversionError("the converter ended")
        return str(json.loads(said))

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()


def _read(process: subprocess.Popen[str], answers: Queue[str | None]) -> None:
    if process.stdout is not None:
        for line in process.stdout:
            answers.put(line)
    answers.put(None)


@cache
def converter(macros: str) -> Converter:
    """This process's converter with these macros; it ends with the process."""
    made = Converter(macros)
    atexit.register(made.close)
    return made

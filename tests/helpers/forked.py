"""The command in processes that are forks of the tests' own, to be killed or to race each other.

A fork has imported torch already, so that a process costs milliseconds instead of seconds. What it
runs is the command, from its arguments to its exit code.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NoReturn

from fwd_report.__main__ import main

FORK = multiprocessing.get_context("fork")
HEAVY = ("torch", "diffusers", "transformers", "fwd_report.engine.engine", "fwd_report.build")
"""What a build imports, in processes that are to have it already."""


def fork_command(root: Path, *arguments: str) -> BaseProcess:
    """`fwd-report ARGUMENTS` in that folder, begun; `said` tells what it printed."""
    return fork(root, _command, *arguments)


def fork(
    root: Path, work: Callable[..., object], *arguments: object, imported: Sequence[str] = HEAVY
) -> BaseProcess:
    """That function in a process of its own in that folder, begun; what it prints, `said` tells.

    Its exit code is that of the SystemExit it ends with, 0 without one, 99 after another error.
    imported: modules that it has from its beginning.
    """
    for name in imported:
        importlib.import_module(name)
    process = FORK.Process(target=_run, args=(root, work, arguments))
    process.start()
    return process


def said(root: Path, process: BaseProcess) -> str:
    """What a fork in that folder has printed, errors included."""
    output = _output(root, process.pid)
    return output.read_text(errors="replace") if output.exists() else ""  # not begun yet


def _output(root: Path, pid: int | None) -> Path:
    return root.parent / f"{root.name}-{pid}.out"


def _command(*arguments: str) -> None:
    sys.argv = ["fwd-report", *arguments]
    main()


def _run(root: Path, work: Callable[..., object], arguments: tuple[object, ...]) -> None:
    os.chdir(root)
    out = os.open(_output(root, os.getpid()), os.O_WRONLY | os.O_CREAT)
    to_the_end([0, out, out], work, *arguments)


def to_the_end(streams: Sequence[int], work: Callable[..., object], *arguments: object) -> NoReturn:
    """Do that, in a fork whose standard streams become these; then end as a process does."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
    for interrupting in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interrupting, signal.SIG_DFL)
    code = 0
    try:
        work(*arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 99
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)

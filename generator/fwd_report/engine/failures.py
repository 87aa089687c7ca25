"""Runs that could not be finished, and what is reported about them."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from fwd_report.errors import OutdatedError, UnavailableError, UserError, inert, text_of
from fwd_report.plan.run import Run
from fwd_report.plugins.importing import plugin_line
from fwd_report.store.store import DamagedEntryError

Log = Callable[[Run, Iterable[str]], Path | None]
"""Stores the details of a failure in a file."""
REPAIRABLE = (DamagedEntryError, OutdatedError)
"""Errors that are gone when the report is planned again."""
TORCHS = "OutOfMemoryError"
SIGNS = ("out of memory", "DefaultCPUAllocator")
"""Torch's error for want of memory, and what stands in the texts of those of another class. Torch
is not imported for it.
"""


@dataclass(frozen=True)
class Failure:
    """A run that could not be finished, and the reason in one line.

    repairable: it met a damaged result, which has been moved aside, or an input that was edited
    after planning; planned again, it runs. wrong_input: the user's input cannot be used, such as a
    damaged dataset file. out_of_memory: there was too little memory for it here.
    """

    run: Run
    cause: str
    repairable: bool = False
    wrong_input: bool = False
    out_of_memory: bool = False


def failure_of(run: Run, error: Exception, log: Log) -> Failure:
    """The failure that an exception of a run means; the traceback of an unexpected one goes to
    `log`.
    """
    at = plugin_line(error)
    if isinstance(error, OSError) and error.filename is not None:
        # A full disk, a file without rights: where and what is all there is to say.
        named = os.fsdecode(error.filename) if isinstance(error.filename, bytes) else error.filename
        return Failure(run, inert(f"{named}: {error.strerror}{_at(at)}").replace("\n", " "))
    cause = one_line(error)
    if at is not None and at in cause:
        at = None
    if isinstance(error, UserError):
        cause += _at(at)
    elif not isinstance(error, REPAIRABLE):
        cause += _at(at) if at or not run.plugged else f" (it uses {', '.join(run.plugged)})"
        path = log(run, traceback.format_exception(error))
        cause += f" (details: {path})" if path is not None else ""
    wrong_input = isinstance(error, UserError) and not isinstance(error, UnavailableError)
    return Failure(run, cause, isinstance(error, REPAIRABLE), wrong_input, is_out_of_memory(error))


def _at(line: str | None) -> str:
    return f" (at {line})" if line else ""


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether the device, or the host's allocator, ran out of memory."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError)
        and (type(error).__name__ == TORCHS or any(sign in str(error) for sign in SIGNS))
    )


def one_line(error: Exception) -> str:
    """An exception as one line: its message and hint, or its class if it has none."""
    said = inert(text_of(error))
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
    between = "; " if isinstance(error, UserError) else " "
    return between.join(lines) or type(error).__name__

"""What is wrong with a plug-in, as an error at a line of its source."""

from __future__ import annotations

import dis
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fwd_report import stopping
from fwd_report.errors import Problem, text_of
from fwd_report.plugins.folder import Folder
from fwd_report.plugins.kinds import FOLDER, KINDS
from fwd_report.plugins.shared_state import SharedStateError

RAISE = dis.opmap["RAISE_VARARGS"]
"""The instruction of a `raise` statement."""
_NAMED = (ImportError, NameError, AttributeError)
"""Errors whose text is complete without the name of their class."""


def at_line(folder: Folder, file: str, line: int | None, message: str, hint: str = "") -> Problem:
    """A problem of a file of the project, with the line as it was read."""
    excerpt = folder.lines(file)[line - 1 : line] if line else []
    return Problem(
        message,
        file=folder.shown(file),
        line=line,
        excerpt=excerpt[0].strip() if excerpt else None,
        hint=hint or None,
    )


def while_importing(folder: Folder, file: str, error: BaseException) -> Problem:
    """Why a file could not be imported, at the last line of the project's that was reached."""
    if isinstance(error, SyntaxError) and error.filename is None:
        return at_line(folder, file, None, f"this is no Python: {error.msg}")
    if isinstance(error, SyntaxError) and (at := _file_of(folder, error.filename)):
        return at_line(folder, at, error.lineno, f"this is no Python: {error.msg}")
    line = None
    for frame in traceback.extract_tb(error.__traceback__):
        if at := _file_of(folder, frame.filename):
            file, line = at, frame.lineno
    return at_line(folder, file, line, f"the file cannot be imported: {said(error)}")


def as_exception(error: BaseException) -> Exception:
    """What code that is not the package's raised, as an `Exception` with the same traceback.

    So that `sys.exit()` in a plug-in fails what called it, and ends no command. Raises the user's
    Ctrl-C, a KeyboardInterrupt that no code raised, again.
    """
    if isinstance(error, KeyboardInterrupt) and not raised_by_code(error):
        raise error
    if isinstance(error, Exception):
        return error
    ended = ExitError(
        f"{said(error)}: a plug-in fails by raising an Exception, and ends no command"
    )
    return ended.with_traceback(error.__traceback__)


@contextmanager
def exits_as_errors() -> Iterator[None]:
    """Within the block, what is neither an Exception nor Ctrl-C is raised as an ExitError."""
    try:
        yield
    except Exception:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and not raised_by_code(error):
            raise
        raise as_exception(error) from error


class ExitError(Exception):
    """A plug-in raised what is no `Exception`, such as SystemExit by `sys.exit()`."""


def raised_by_code(error: BaseException) -> bool:
    """Whether a `raise` of a plug-in's raised it, and not the user by Ctrl-C."""
    last = error.__traceback__
    if stopping.stopped_by() is not None or last is None:
        return False
    while last.tb_next is not None:
        last = last.tb_next
    return last.tb_frame.f_code.co_code[last.tb_lasti] == RAISE


def said(error: BaseException) -> str:
    """The first line of an error's text, after its class if that adds something."""
    if isinstance(error, SyntaxError):
        where = Path(error.filename or "").name
        return f"{error.msg} ({where}, line {error.lineno})"
    text = next(iter(_lines(text_of(error))), "")
    kind = type(error).__name__
    complete = isinstance(error, (*_NAMED, ExitError, SharedStateError))
    return text if text and complete else f"{kind}: {text}" if text else kind


def _lines(text: str) -> Iterable[str]:
    return (line.strip() for line in text.splitlines() if line.strip())


def _file_of(folder: Folder, filename: str | None) -> str | None:
    """The file of the project's folder that a traceback names."""
    return next((file for file in folder.texts if str(folder.path(file)) == filename), None)


def undefined(folder: Folder, file: str, kind: str, name: str) -> Problem:
    """The error for a file that does not define the plug-in of its name."""
    return at_line(
        folder,
        file,
        None,
        f"the file defines no '{name}'",
        f"{FOLDER}/{kind}/{name}.py holds the {KINDS[kind].singular} {name}: define it under that "
        f"name, as {KINDS[kind].is_a}; the names of helpers begin with _",
    )

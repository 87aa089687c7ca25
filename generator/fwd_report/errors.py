"""The two kinds of error that a user meets: the input is wrong, or a run failed."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

EXCERPT = 100
"""Most characters of a line that a message shows."""
LISTED = 100
"""Most problems that are listed one by one."""
LONGEST = 2_000
"""Most characters of a message, a hint or a file's name."""


_OUTPUT: list[TextIO] = []
"""Standard output, while `only_said` keeps it."""
_PERSON = re.compile(r"(\w://)[^\s'\"]*:[^\s'\"]*@")


def masked(text: str) -> str:
    """The text without the user and password of any URL in it."""
    return _PERSON.sub(r"\1***@", text) if "://" in text else text


def inert(text: str) -> str:
    """The text without passwords of URLs and what a terminal would act on.

    The latter are control and bidirectional characters.
    """
    text = masked(text)
    return "\n".join(
        line
        if line.isprintable()
        else "".join(c if c.isprintable() else " " if c.isspace() else "�" for c in line)
        for line in text.split("\n")
    )


def say(text: object, err: bool = False) -> None:
    """Print a text for people to standard output or standard error."""
    print(inert(str(text)), file=sys.stderr if err else _output(), flush=True)


def say_exactly(text: str, end: str = "\n") -> None:
    """Print to standard output what a program is to read, as it is: a path, a script."""
    print(text, end=end, file=_output(), flush=True)


def _output() -> TextIO:
    """Standard output, also while `only_said` keeps others from it."""
    return _OUTPUT[-1] if _OUTPUT else sys.stdout


@contextmanager
def only_said() -> Iterator[None]:
    """Within the block, standard output has what `say` prints alone.

    What a plug-in prints goes to standard error, so that it cannot mix with JSON.
    """
    _OUTPUT.append(sys.stdout)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _OUTPUT.pop()


def printable(text: str) -> str:
    """The text as a message may show it: inert, and shortened if it is long."""
    shown = inert(text)
    return shown if len(shown) <= LONGEST else shown[:LONGEST] + "…"


@dataclass(frozen=True)
class Problem:
    """One mistake in the user's input: what is wrong, where, and how to fix it.

    line and column count from 1; excerpt is the line of the source.
    """

    message: str
    file: Path | None = None
    line: int | None = None
    column: int | None = None
    excerpt: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        where = ":".join(
            printable(str(part)).replace("\n", " ")
            for part in (self.file, self.line, self.column)
            if part is not None
        )
        message = printable(self.message)
        if where:  # a name in it is not to look like the next problem
            message = message.replace("\n", " ")
        lines = [f"{where}: {message}" if where else message]
        if self.excerpt is not None:
            shown, caret = self._excerpt_around(self.column or 1)
            lines.append(f"    {shown}")
            if self.column is not None:
                lines.append("    " + " " * caret + "^")
        if self.hint:
            lines.append(f"    {printable(self.hint)}")
        return "\n".join(lines)

    def _excerpt_around(self, column: int) -> tuple[str, int]:
        """The excerpt, inert and shortened to one line, and the caret's indent."""
        text = "".join(c if c.isprintable() else " " for c in masked(self.excerpt or ""))
        start = max(0, column - EXCERPT // 2) if len(text) > EXCERPT else 0
        shown = text[start : start + EXCERPT]
        before, after = "…" if start else "", "…" if start + EXCERPT < len(text) else ""
        return before + shown + after, column - 1 - start + len(before)


class _Said(Exception):
    """An error whose message is complete: it needs no traceback."""

    def _render_traceback_(self) -> list[str]:
        """What notebooks show in place of Python's traceback."""
        return [inert(str(self))]


class UserError(_Said):
    """The user's input cannot be run; the command ends with exit code 2.

    A hint that several problems share is printed once, with the last of them.
    """

    def __init__(
        self, problems: Sequence[Problem] | Problem | str, hint: str | None = None
    ) -> None:
        if isinstance(problems, str):
            problems = Problem(problems, hint=hint)
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        said = [str(problem) for problem in hinted_once(self.problems[:LISTED])]
        if len(self.problems) > LISTED:
            said.append(f"… and {len(self.problems) - LISTED:,} more")
        super().__init__("\n".join(said))


class UnavailableError(UserError):
    """Something that a run needs is not available now, such as a file on a server; exit code 1."""


def hinted_once(problems: Sequence[Problem]) -> list[Problem]:
    """The problems, with a hint that several of them share only at the last of these."""
    last = {problem.hint: at for at, problem in enumerate(problems)}
    return [
        problem if last[problem.hint] == at else replace(problem, hint=None)
        for at, problem in enumerate(problems)
    ]


def joined(errors: Sequence[UserError]) -> UserError:
    """One error with the problems of all.

    It is an UnavailableError if each of them is.
    """
    problems = [problem for error in errors for problem in error.problems]
    passing = all(isinstance(error, UnavailableError) for error in errors)
    return UnavailableError(problems) if passing else UserError(problems)


class OutdatedError(Exception):
    """Something is no longer as it was when the run was planned: nothing is stored, and it is
    planned again.
    """

    def __init__(self, what: object) -> None:
        super().__init__(f"{what} was edited after the plan was made, which is made again")


def quoted(text: str) -> str:
    """A text of the user's between quotes, on one line: its control characters are escaped."""
    shown = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in shown)


def text_of(error: BaseException) -> str:
    """An error's text; "" for an error of a plug-in's whose text cannot be made."""
    try:
        return str(error)
    except Exception:
        return ""


def as_code(value: object) -> str:
    """The beginning of a plug-in's value as code writes it, or its type if that cannot be made."""
    try:
        return repr(value)[:60]
    except Exception:
        return f"a {type(value).__name__}"


def first_line(error: Exception) -> str:
    """The first line of an error's text, for a message about it."""
    return (text_of(error).strip().splitlines() or [type(error).__name__])[0][:200]


def reason(error: OSError | ValueError | RuntimeError) -> str:
    """Why a path cannot be used, in the system's words or Python's."""
    return getattr(error, "strerror", None) or str(error)


def counted(count: int, noun: str) -> str:
    """A count with its noun: 1 run, 2 runs."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


class FieldError(ValueError):
    """What a validator of several fields together objects to; field: whose line to show."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class RunError(_Said):
    """A run or a check failed although its spec is well formed; exit code 1."""


class StaleError(Exception):
    """Something would have to run, and `--cached-only` forbids it; exit code 3."""


class CodeChangedError(RunError):
    """A source file is not the one that this process imported, so that its results would have no
    key.
    """

    def __init__(self, path: Path, why: str = "was changed after this command began") -> None:
        self._said = (path, why)
        super().__init__(f"{path} {why}, so no result is stored of what uses it")

    def __reduce__(self) -> tuple[type[CodeChangedError], tuple[Path, str]]:
        return CodeChangedError, self._said

"""What a build under `serve` printed, and what triggered it, in few words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fwd_report.spec.project import FOLDER

PROGRESS = re.compile(r"[\d,]+/[\d,]+ network steps\b")
HINT = "look at them with"


def done(output: str) -> str:
    """What a build reports as done."""
    return " ".join(line for line in output.splitlines() if HINT not in line)


def stays(line: str) -> bool:
    """Whether a line that a build prints on the way belongs in the terminal as well."""
    return bool(PROGRESS.match(line)) or line.startswith(("warning", "WARNING", "waiting", "down"))


def error_of(errors: str, code: int) -> str:
    """The error, without progress lines; empty if the exit code is 0."""
    if not code:
        return ""
    lines = [line for line in errors.splitlines() if not PROGRESS.match(line)]
    return "\n".join(lines[-60:]).strip() or f"the build ended with exit code {code}"


def only_prose(changed: Sequence[str]) -> bool:
    """Whether only specs changed: none of them affects the look of every page."""
    return bool(changed) and all(name.startswith(f"{FOLDER}/") for name in changed)


def named(changed: Sequence[str]) -> str:
    """The first two of the changed files, and the number of the others."""
    more = f" and {len(changed) - 2} more" if len(changed) > 2 else ""
    return ", ".join(changed[:2]) + more

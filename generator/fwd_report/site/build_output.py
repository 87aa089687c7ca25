"""What a build that is served said, and what it was begun for, in few words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fwd_report.spec.project import FOLDER

PROGRESS = re.compile(r"[\d,]+/[\d,]+ network steps\b")
HINT = "look at them with"


def done(output: str) -> str:
    """What a build says that it did."""
    return " ".join(line for line in output.splitlines() if HINT not in line)


def stays(line: str) -> bool:
    """Whether a line that a build says on the way belongs in the terminal too."""
    return bool(PROGRESS.match(line)) or line.startswith(("warning", "WARNING", "waiting", "down"))


def problem(errors: str, code: int) -> str:
    """What is wrong, without what was said on the way; nothing where the exit code is 0."""
    if not code:
        return ""
    lines = [line for line in errors.splitlines() if not PROGRESS.match(line)]
    return "\n".join(lines[-60:]).strip() or f"the build ended with exit code {code}"


def only_prose(changed: Sequence[str]) -> bool:
    """Whether all that changed are specs: none of them says how every page looks."""
    return bool(changed) and all(name.startswith(f"{FOLDER}/") for name in changed)


def named(changed: Sequence[str]) -> str:
    """The first two of the files that changed, and how many more there are."""
    more = f" and {len(changed) - 2} more" if len(changed) > 2 else ""
    return ", ".join(changed[:2]) + more

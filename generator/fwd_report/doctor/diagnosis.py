"""The doctor's findings: one line for each check, with a hint if something is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fwd_report.errors import UserError

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Diagnosis:
    """The outcome of one check.

    state: `problem` if it would stop a build, `warning` if a build runs but something may be amiss.
    hint: what to do then. data: the same in numbers, for `--json`.
    """

    name: str
    says: str
    state: State = "ok"
    hint: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lines(self) -> list[str]:
        """The lines for a terminal."""
        mark = {"ok": "ok", "warning": "warning", "problem": "PROBLEM"}[self.state]
        lines = [f"{mark:8} {self.name}: {self.says}"]
        return lines + [f"{'':8} {line}" for line in (self.hint or "").splitlines()]

    def plain(self) -> dict[str, Any]:
        """The fields for JSON."""
        said = {"name": self.name, "state": self.state, "says": self.says, "hint": self.hint}
        return {**said, **self.data}


def diagnosed(name: str, error: UserError, state: State = "problem") -> Diagnosis:
    """What an error says, as the outcome of a check."""
    first = error.problems[0]
    where = ":".join(str(part) for part in (first.file, first.line, first.column) if part)
    more = len(error.problems) - 1
    says = f"{where}: {first.message}" if where else first.message
    return Diagnosis(name, f"{says}{f' … and {more} more' if more else ''}", state, first.hint)

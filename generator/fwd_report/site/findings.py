"""What a check found, for people and for tools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from fwd_report.store.files import strict_json

Severity = Literal["error", "warning"]

MEANT_KINDS = ("placeholder", "math", "contradiction", "starter", "empty-heading", "unfinished")
"""Kinds that a text can silence, because it may be meant as it stands."""
HINT = "what is meant as it stands: write {# meant #} into that paragraph"


@dataclass(frozen=True)
class Finding:
    """One thing to mend. kind: a short name for it; file is relative to the project.

    severity: an error is certainly wrong and keeps a report from being published; a warning may
    be right.
    """

    kind: str
    message: str
    file: str
    line: int | None = None
    severity: Severity = "error"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        mark = "warning: " if self.severity == "warning" else ""
        return f"{where}: {mark}{self.message}"


def errors_of(findings: Sequence[Finding]) -> list[Finding]:
    """Those that keep a report from being published."""
    return [finding for finding in findings if finding.severity == "error"]


def findings_as_text(findings: Sequence[Finding]) -> str:
    """A line for each finding, and their number."""
    if not findings:
        return "nothing to mend"
    errors = len(errors_of(findings))
    warnings = len(findings) - errors
    counts = f"{errors} to mend" if errors else "nothing to mend"
    if warnings:
        counts += f", {warnings} to look at"
    lines = [str(finding) for finding in findings]
    if any(finding.kind in MEANT_KINDS for finding in findings):
        counts += f" ({HINT})"
    return "".join(f"{_printable(line)}\n" for line in lines) + counts


def findings_as_json(findings: Sequence[Finding]) -> str:
    """A list of objects: kind, message, file, line, severity."""
    return strict_json([asdict(finding) for finding in findings], indent=2)


def _printable(line: str) -> str:
    """A line without what a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in line)

"""The findings of a check, for people and for tools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Literal

from fwd_report.spec.project import FOLDER, REPORT
from fwd_report.store.files import strict_json

Severity = Literal["error", "warning"]
By = Literal["build", "writer"]

MEANT_KINDS = ("placeholder", "math", "contradiction", "starter", "empty-heading", "unfinished")
"""Kinds that a text can silence, because it may be meant that way."""
HINT = "what is meant as it stands: write {# meant #} into that paragraph"


@dataclass(frozen=True)
class Finding:
    """One thing to fix.

    kind: a short name; file: relative to the project. severity: an error is certainly wrong and
    blocks publishing; a warning may be fine. by: whether the next build fixes it, if its runs
    succeed, or the writer has to.
    """

    kind: str
    message: str
    file: str
    line: int | None = None
    severity: Severity = "error"
    by: By = "writer"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.severity}: {self.message}"


def errors_of(findings: Sequence[Finding]) -> list[Finding]:
    """The findings that block publishing."""
    return [finding for finding in findings if finding.severity == "error"]


def findings_as_text(findings: Sequence[Finding]) -> str:
    """One line for each finding, one for each section or file that has any, and the totals."""
    if not findings:
        return "nothing to mend"
    places: dict[str, list[Finding]] = {}
    for finding in findings:
        places.setdefault(_place(finding), []).append(finding)
    lines = [str(finding) for finding in findings]
    if len(findings) > 1:
        lines += [f"{place}: {_counts(found)}" for place, found in places.items()]
    hint = any(finding.kind in MEANT_KINDS for finding in findings)
    whole = _counts(findings) + (f" ({HINT})" if hint else "")
    return "".join(f"{_printable(line)}\n" for line in lines) + whole


def _place(finding: Finding) -> str:
    """The name of the section that a finding is in, else its file."""
    file = PurePosixPath(finding.file)
    return file.stem if file.parent.name == FOLDER and file.stem != REPORT else finding.file


def _counts(findings: Sequence[Finding]) -> str:
    """How many are to be fixed, by whom, and how many are to be looked at."""
    errors = errors_of(findings)
    built = sum(error.by == "build" for error in errors)
    written = len(errors) - built
    counts = f"{len(errors)} to mend" if errors else "nothing to mend"
    if built:
        done = "fwd-report build does that" if built == 1 else "fwd-report build does those"
        counts += f": {done}" if not written else f": {written} by you, {built} by fwd-report build"
    warnings = len(findings) - len(errors)
    return counts + (f", {warnings} to look at" if warnings else "")


def findings_as_json(findings: Sequence[Finding]) -> str:
    """A list of objects: kind, message, file, line, severity, by."""
    return strict_json([asdict(finding) for finding in findings], indent=2)


def _printable(line: str) -> str:
    """A line without what a terminal would act on."""
    return "".join(c if c.isprintable() else " " for c in line)

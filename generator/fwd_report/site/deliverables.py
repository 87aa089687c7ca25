"""Which of the assignment's deliverables no section covers."""

from __future__ import annotations

from fwd_report.site.results import ReportResult
from fwd_report.spec.deliverables import PART_A, PART_B


def missing_deliverables(report: ReportResult) -> list[str]:
    """Names with descriptions of what no section covers, of each part the report begins."""
    covered = {name for section in report.sections for name in section.spec.covers}
    expected: dict[str, str] = {}
    for part in (PART_A, PART_B):
        if covered & set(part):
            expected |= part
    return [f"{name} ({what})" for name, what in expected.items() if name not in covered]

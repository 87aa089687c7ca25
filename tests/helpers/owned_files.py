"""A small report's pages, and what there is of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.helpers.fabricate import Fabric, Sample, picture

from fwd_report.site.inputs import shown_results
from fwd_report.site.results import ReportResult
from fwd_report.site.stamp import pages_current


def made(root: Path, *sections: str) -> ReportResult:
    """A small report; each section with one picture."""
    fabric = Fabric(root)
    return fabric.report(
        *(
            fabric.section(
                name,
                name.capitalize(),
                [
                    fabric.experiment(
                        "one", Sample, [fabric.entry(name, "one", Sample(), picture(seed, 8))]
                    )
                ],
                intro="It reaches {{ runs.one.metrics.psnr | round(1) }} dB.",
            )
            for seed, name in enumerate(sections or ("a", "b"))
        )
    )


def without(report: ReportResult, name: str) -> ReportResult:
    sections = tuple(item for item in report.sections if item.spec.name != name)
    specs = tuple(item.spec for item in sections)
    return replace(report, sections=sections, project=replace(report.project, sections=specs))


def current(report: ReportResult, root: Path) -> bool:
    return pages_current(report.project, shown_results(report), root)


def everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

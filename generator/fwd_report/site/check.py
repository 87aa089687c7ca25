"""What should not be published: placeholders, gaps, dead links, prose that its figure denies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from fwd_report.site.contradictions import contradictions
from fwd_report.site.deliverables import missing_deliverables
from fwd_report.site.links import dead_links
from fwd_report.site.results import ExperimentResult, ReportResult, SectionResult
from fwd_report.site.show import missing_files, pictures_of
from fwd_report.site.stamp import pages_current, shown_results
from fwd_report.spec.markdown import pieces

PLACEHOLDERS = re.compile(
    r"\b(?:TODO|FIXME|XXX|TBD|SEED_HERE|[A-Z]+_HERE|MAKE A BETTER ONE)\b"
    r"|\blorem ipsum\b|\bblah blah\b|\((?:explain|insert|fill in|your text)[^)]*\)"
    r"|(?<=[\w)\].])!!+",
    re.I,
)
"""What five published writeups left in, and its like."""
TEX = re.compile(r"\\(?:[a-zA-Z]{2,}|\(|\[)")
"""A command of LaTeX, or one of its brackets, in what will be plain text."""
SHOUTED = re.compile(r"TODO|FIXME|XXX|TBD|[A-Z]+_HERE")
JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.S)


@dataclass(frozen=True)
class Finding:
    """One thing to mend. kind: a short name for it; file is relative to the project."""

    kind: str
    message: str
    file: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.message}"


def check(report: ReportResult, root: Path) -> list[Finding]:
    """Everything found in the specs, the results and the pages, in the order of the pages."""
    found = [
        Finding("placeholder", f"placeholder {text!r}", "experiments/report.yaml")
        for text in _placeholders(report.project.report.description)
    ]
    if not report.project.report.author.strip():
        found.append(Finding("empty", "the report has no author", "experiments/report.yaml"))
    for section in report.sections:
        found += _section(report, section)
    found += [
        Finding("deliverable", f"no section covers {name}", "experiments/report.yaml")
        for name in missing_deliverables(report)
    ]
    if not pages_current(report.project, shown_results(report), root):
        message = "the pages are not those of the specs and results: run fwd-report build"
        found.append(Finding("stale", message, "docs/report"))
    found += [
        Finding("dead-link", message, file) for file, message in dead_links(root / "docs", root)
    ]
    return found


def findings_as_text(findings: Sequence[Finding]) -> str:
    """A line for each finding, and their number."""
    if not findings:
        return "nothing to mend"
    lines = [str(finding) for finding in findings]
    return "\n".join([*lines, f"{len(findings)} to mend"])


def findings_as_json(findings: Sequence[Finding]) -> str:
    """A list of objects: kind, message, file, line."""
    return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2)


def _section(report: ReportResult, section: SectionResult) -> Iterator[Finding]:
    spec = section.spec

    def at(kind: str, message: str, *path: str) -> Finding:
        place = report.project.problem(message, spec.name, *path)
        return Finding(kind, message, str(place.file), place.line)

    if not spec.intro.strip():
        yield at("empty", "the section has no intro")
    for field in ("intro", "outro"):
        for kind, message in _prose(getattr(spec, field)):
            yield at(kind, f"{message} in the {field}", field)
    for result in section.experiments:
        name = result.spec.id
        for field in ("title", "caption", "discussion"):
            for kind, message in _prose(getattr(result.spec, field)):
                yield at(kind, f"{message} in the {field} of {name}", name, field)
        if result.spec.show and not result.spec.caption.strip():
            yield at("empty", f"{name} has no caption", name)
        if result.failure:
            yield at("missing", f"{name} is not complete: {result.failure}", name)
        elif result.spec.show:
            for kind, message in _figure(result):
                yield at(kind, message, name)
        for message in contradictions(result):
            yield at("contradiction", message, name)


def _figure(result: ExperimentResult) -> Iterator[tuple[str, str]]:
    """Gaps of a figure whose results are all there."""
    parts = result.spec.technique.figure(result.entries)
    name = result.spec.id
    if not parts:
        yield "missing", f"{name} has no figure"
    for path in missing_files(parts):
        yield "missing", f"{name} shows {path.name}, which is not there"
    if any(not picture.alt.strip() for picture in pictures_of(parts)):
        yield "alt", f"{name} shows a picture without alternative text"


def _prose(text: str) -> Iterator[tuple[str, str]]:
    """What is wrong with a text, as (kind, message)."""
    for found in _placeholders(text):
        yield "placeholder", f"placeholder {found!r}"
    for match in TEX.finditer(_plain(text)):
        yield "math", f"{match[0]!r} stands outside of any formula: write $…$, no spaces inside,"


def _plain(text: str) -> str:
    """Prose without code, math and Jinja."""
    return JINJA.sub(" ", "".join(piece.text for piece in pieces(text) if piece.kind == "text"))


def _placeholders(text: str) -> list[str]:
    """The placeholders in prose, code, math and Jinja aside; TODO and its like in capitals only."""
    prose = _plain(text)
    found = dict.fromkeys(match[0] for match in PLACEHOLDERS.finditer(prose))
    return [text for text in found if not SHOUTED.fullmatch(text.upper()) or text.isupper()]

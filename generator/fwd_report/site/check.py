"""What should not be published: placeholders, gaps, dead links, prose that contradicts its
figure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import isnan
from pathlib import Path

from fwd_report.errors import counted, hinted_once
from fwd_report.site.authored import AuthoredText, hand_written_pages, texts_of
from fwd_report.site.borrowed import borrowed_sections, placeholder_pictures
from fwd_report.site.claims import claim_findings
from fwd_report.site.contradictions import contradictions
from fwd_report.site.findings import (
    By,
    Finding,
    Severity,
    errors_of,
    findings_as_json,
    findings_as_text,
)
from fwd_report.site.inputs import shown_results
from fwd_report.site.leftovers import Leftover, leftovers
from fwd_report.site.links import dead_links
from fwd_report.site.markdown_bounds import page_problems
from fwd_report.site.provenance import recorded_draws
from fwd_report.site.rehearsal import prose_problems
from fwd_report.site.results import ExperimentResult, ReportResult, SectionResult
from fwd_report.site.show import missing_files, still_pictures
from fwd_report.site.stamp import built_profile, pages_current
from fwd_report.spec.project import FOLDER, REPORT, Project
from fwd_report.techniques.registry import figure_parts

__all__ = ["Finding", "check", "errors_of", "findings_as_json", "findings_as_text"]

REPORT_FILE = f"{FOLDER}/{REPORT}.yaml"
OWN_NOISE = "draw from run.noise, or from a torch.Generator of its own, and build again"
UNBUILT = "nothing is built yet: run fwd-report build"


def check(report: ReportResult, root: Path) -> list[Finding]:
    """All findings in specs, results and pages, in page order.

    Renders nothing. Before the first build, everything that only a build can provide is one
    finding.
    """
    with report.project.plugins.used():
        return _found(report, root)


def _found(report: ReportResult, root: Path) -> list[Finding]:
    project = report.project
    description = AuthoredText(project.report.description, "the description", "description")
    found = [
        _at(project, found.kind, found.message, description, found.start, found.severity)
        for found in _leftovers(description)
    ]
    if not project.report.author.strip():
        found.append(Finding("empty", "the report has no author", REPORT_FILE))
    built = built_profile(root) is not None
    for warning in project.warnings:
        message = f"{warning.message}: {warning.hint}"
        found.append(Finding("comment", message, str(warning.file), warning.line, "warning"))
    for problem in prose_problems(report):
        message = ": ".join(filter(None, (problem.message, problem.hint)))
        found.append(Finding("prose", message, str(problem.file), problem.line))
    for problem in hinted_once(report.unencoded):
        message = "; ".join(filter(None, (problem.message, problem.hint)))
        found.append(Finding("prompt", message, str(problem.file), problem.line))
    for section in report.sections:
        found += _section(report, section, built)
    found += _borrowed(project)
    for file, place in placeholder_pictures(project):
        problem = project.problem(f"{file} is a placeholder: put a picture of yours there", *place)
        found.append(Finding("placeholder", problem.message, str(problem.file), problem.line))
    found += claim_findings(report)
    if not built:
        found.append(Finding("unbuilt", UNBUILT, "docs/report", by="build"))
    elif not pages_current(project, shown_results(report), root):
        message = "the pages are not those of the specs and results: run fwd-report build"
        found.append(Finding("stale", message, "docs/report", by="build"))
    found += _pages(root / "docs")
    found += dead_links(report, root)
    return found


def _section(report: ReportResult, section: SectionResult, built: bool) -> Iterator[Finding]:
    spec, project = section.spec, report.project
    results = {result.spec.id: result for result in section.experiments}
    everything = [entry for result in section.experiments for entry in result.entries]

    def at(kind: str, message: str, *path: str, by: By = "writer") -> Finding:
        place = project.problem(message, spec.name, *path)
        return Finding(kind, message, str(place.file), place.line, by=by)

    for text in texts_of(spec):
        result = results.get(text.path[0])
        if text.field == "intro" and not text.source.strip():
            yield at("empty", "the section has no intro")
        if text.field == "caption" and result and result.spec.show and not text.source.strip():
            yield at("empty", f"{result.spec.id} has no caption", result.spec.id)
        for left in _leftovers(text):
            yield _at(project, left.kind, left.message, text, left.start, left.severity)
        entries = result.entries if result else everything
        of = "its runs have" if result else "the runs of this section have"
        seeds = () if result else (project.report.seed,)
        for wrong in contradictions(text, of, entries, seeds):
            yield _at(project, "contradiction", wrong.message, text, wrong.start, wrong.severity)
    absent = {result.spec.id: result.absence for result in section.experiments if result.absence}
    if absent and built:
        said = "; ".join(
            f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} not complete: {absence}"
            for absence, names in _by_value(absent).items()
        )
        yield at("missing", said, next(iter(absent)), by="build")
    for result in section.experiments:
        name = result.spec.id
        if drawn := recorded_draws(result.entries):
            of = " and ".join(drawn["from"])
            what = f"{name} is not reproducible: it drew from the global generator of {of}"
            yield at("reproducible", f"{what} ({drawn['at']}); {OWN_NOISE}", name)
        for metric, count in _undefined(result).items():
            runs = counted(count, "run")
            what = f"{name}: the metric {metric} is not a number (NaN) in {runs}"
            shown = f'{what}; a text that prints it shows "undefined"'
            yield replace(at("number", shown, name), severity="warning")
        if result.spec.show and not result.absence:
            for kind, message in _figure(result):
                yield at(kind, message, name)


def _by_value(words: Mapping[str, str]) -> dict[str, list[str]]:
    """The names by the words that are said of them."""
    found: dict[str, list[str]] = {}
    for name, word in words.items():
        found.setdefault(word, []).append(name)
    return found


def _undefined(result: ExperimentResult) -> Counter[str]:
    """How many runs of an experiment have NaN as a metric, by the metric's name."""
    return Counter(
        name for entry in result.entries for name, value in entry.metrics.items() if isnan(value)
    )


def _figure(result: ExperimentResult) -> Iterator[tuple[str, str]]:
    """Gaps in a figure whose results are all there."""
    parts = figure_parts(result.spec.technique, result.entries)
    name = result.spec.id
    if not parts:
        yield "missing", f"{name} has no figure"
    for path in missing_files(parts):
        yield "missing", f"{name} shows {path.name}, which is not there"
    if any(not picture.alt.strip() for picture in still_pictures(parts)):
        yield "alt", f"{name} shows a picture without alternative text"


def _leftovers(text: AuthoredText) -> list[Leftover]:
    """What was left in a text, with messages that name the text."""
    return [replace(left, message=f"{left.message} in {text.what}") for left in leftovers(text)]


def _pages(docs: Path) -> Iterator[Finding]:
    """What was left in hand-written pages, and where they exceed a limit."""
    for problem in page_problems(docs):
        yield Finding("too-long", problem.message, str(problem.file), problem.line)
    for page, text, first in hand_written_pages(docs):
        name = page.relative_to(docs.parent).as_posix()
        for left in _leftovers(text):
            line = text.line((), (first, 1), left.start)
            yield Finding(left.kind, left.message, name, line, left.severity)


def _borrowed(project: Project) -> Iterator[Finding]:
    """One finding for all sections that are entirely the starter's, and one for each that partly
    is.
    """
    found = borrowed_sections(project)
    whole = [name for name, parts in found.items() if not parts]
    if whole:
        message = (
            f"{', '.join(whole)}: still word for word the starter's, which is somebody's "
            "finished text: write your own"
        )
        file = f"{FOLDER}/{whole[0]}.yaml" if len(whole) == 1 else FOLDER
        yield Finding("starter", message, file)
    for name, parts in found.items():
        if parts:
            place = project.problem("", name)
            message = f"still word for word the starter's: {', '.join(parts)}"
            yield Finding("starter", message, str(place.file), place.line, "warning")


def _at(
    project: Project,
    kind: str,
    message: str,
    text: AuthoredText,
    start: int,
    severity: Severity = "error",
) -> Finding:
    """A finding at its own line of the author's file."""
    section = text.section or REPORT
    path = text.path or ("description",)
    place = project.problem(message, section, *path)
    assert place.file is not None
    if place.line is None or place.column is None or (section, *path) not in project.positions:
        return Finding(kind, message, str(place.file), place.line, severity)
    lines = (project.root / place.file).read_text(encoding="utf-8-sig").splitlines()
    line = text.line(lines, (place.line, place.column), start)
    return Finding(kind, message, str(place.file), line, severity)

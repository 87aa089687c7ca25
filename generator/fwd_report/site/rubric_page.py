"""The page that lists a rubric's items, where each is answered, and whether it holds."""

from __future__ import annotations

from fwd_report.site.claims import Claim, claims
from fwd_report.site.mathml import markdown_inert
from fwd_report.site.results import ReportResult
from fwd_report.site.template_values import figure_numbers
from fwd_report.site.titles import plain_title
from fwd_report.spec.rubric import Rubric


def rubric_page(report: ReportResult, rubric: Rubric) -> str:
    """The page's Markdown. Its links are relative to the folder of the pages."""
    judged = claims(report, rubric)
    held = sum(claim.shown for claim in judged)
    lines = [
        "# Deliverables",
        "",
        f"What *{markdown_inert(rubric.title)}* asks for, and where it stands: {held} of "
        f"{len(judged)} are shown here. Which experiments count, and how many of them there are, "
        "was read from the specs that made these pages.",
        "",
        '<div class="fwd-rubric" markdown>',
    ]
    for part in dict.fromkeys(claim.item.part for claim in judged):
        if part:
            lines += ["", f"## {markdown_inert(part)}"]
        lines += ["", "| | what is asked | where | holds |", "|---|---|---|---|"]
        lines += [_row(report, claim) for claim in judged if claim.item.part == part]
    return "\n".join([*lines, "", "</div>"]) + "\n"


def _row(report: ReportResult, claim: Claim) -> str:
    item = claim.item
    asked = f"**{_cell(item.title)}**: {_cell(item.text)}"
    return f"| {_cell(item.id)} | {asked} | {_where(report, claim)} | {_verdict(claim)} |"


def _where(report: ReportResult, claim: Claim) -> str:
    """Links to the figures that count, section by section."""
    links = []
    for section in report.sections:
        name = section.spec.name
        if name not in claim.sections:
            continue
        numbers = figure_numbers(section)
        figures = [
            f"[Figure {numbers[experiment]}]({name}.md#fig-{experiment})"
            for owner, experiment in claim.figures
            if owner == name and experiment in numbers
        ]
        page = f"[{_cell(plain_title(section.spec.title))}]({name}.md)"
        links.append(f"{page}: {', '.join(figures)}" if figures else page)
    return "; ".join(links)


def _verdict(claim: Claim) -> str:
    if not claim.sections:
        return "not covered"
    if claim.lacks:
        return f"not yet: {_cell('; '.join(claim.lacks))}"
    return _cell("; ".join(claim.unrun)) or "yes"


def _cell(text: str) -> str:
    return markdown_inert(" ".join(text.split())).replace("|", "&#124;")

"""The front page: title, teaser, contents and how it was made, all of it from the results."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from fwd_report.errors import UserError
from fwd_report.figures.gallery import Gallery
from fwd_report.site.equations import EquationError
from fwd_report.site.mathml import FormulaError
from fwd_report.site.nav import by_part
from fwd_report.site.page_folders import OWNED
from fwd_report.site.page_templates import rendered
from fwd_report.site.prose import inline
from fwd_report.site.provenance import facts
from fwd_report.site.results import ReportResult, SectionResult
from fwd_report.site.show import Image
from fwd_report.spec.project import REPORT, Project
from fwd_report.spec.prose_check import prose_problem
from fwd_report.store.entry import Entry
from fwd_report.techniques.parts import Picture

COLUMNS = 6
NARROW = 3
"""Columns of the teaser on a phone."""
TEASER = 12
EACH = 4
"""Most pictures of one technique in the teaser, one per experiment."""
THUMBNAIL = 96


def front_page(report: ReportResult, gallery: Gallery, environment: Environment) -> str:
    """The Markdown that docs/index.md includes; its links are relative to docs/."""
    spec = report.project.report
    sections = {section.spec.name: section for section in report.sections}
    contents = []
    for part, specs in by_part(section.spec for section in report.sections):
        cards = [_card(sections[item.name], gallery) for item in specs]
        contents.append({"part": part, "cards": cards})
    return rendered(
        environment,
        "front.md",
        report.project.root,
        report=spec,
        description=Markup(_description(report.project)),
        teaser=_teaser(report, gallery),
        contents=contents,
        facts=facts(_distinct(report)),
        profile=report.project.profile,
        base=OWNED,
    )


def _description(project: Project) -> str:
    """report.yaml's description as HTML. Raises UserError for a formula that cannot be shown."""
    source = project.report.description
    try:
        return inline(source, up="")
    except (EquationError, FormulaError) as error:
        raise UserError(prose_problem(project, REPORT, ("description",), error)) from error


def _teaser(report: ReportResult, gallery: Gallery) -> dict[str, Image] | None:
    """The report's best pictures in one, wide and narrow; None if there are too few."""
    chosen = list(_best(report))[:TEASER]
    if len(chosen) < NARROW:
        return None
    if len(chosen) > COLUMNS:
        chosen = chosen[: len(chosen) // COLUMNS * COLUMNS]
    wide = min(COLUMNS, len(chosen))
    pictures = [Picture(entry.picture(), entry.alt, entry=entry) for entry in chosen]
    alt = "Pictures from this report: " + "; ".join(
        dict.fromkeys(picture.alt.rstrip(".") for picture in pictures)
    )
    made = {}
    for name, columns in (("wide", wide), ("narrow", NARROW)):
        whole = pictures[: len(pictures) // columns * columns]
        drawn = gallery.mosaic(whole, columns, "teaser")
        made[name] = Image(drawn.name, drawn.width, drawn.height, drawn.width, alt)
    return made


def _best(report: ReportResult) -> Iterator[Entry]:
    """Pictures for the teaser, the best first, and at the end those that only fill it up.

    Of an experiment, the middle of its sweep: neither end of a sweep is its best.
    """
    spare: list[Entry] = []
    found: dict[tuple[int, str], list[Entry]] = {}
    for section in report.sections:
        for result in section.experiments:
            rank, name = result.spec.technique.front_rank(), result.spec.technique.name
            entries = [entry for entry in result.entries if entry.picture().is_file()]
            if result.spec.show and rank is not None and entries:
                found.setdefault((rank, name), []).append(entries[len(entries) // 2])
    for _, chosen in sorted(found.items(), key=lambda item: item[0]):
        yield from chosen[:EACH]
        spare += chosen[EACH:]
    yield from spare


def _card(section: SectionResult, gallery: Gallery) -> dict[str, Any]:
    return {
        "name": section.spec.name,
        "title": section.spec.title,
        "covers": ", ".join(section.spec.covers),
        "image": _thumbnail(section, gallery),
        "figures": sum(result.spec.show for result in section.experiments),
        "incomplete": sum(
            result.spec.show and result.absence is not None for result in section.experiments
        ),
    }


def _thumbnail(section: SectionResult, gallery: Gallery) -> Image | None:
    """A section's picture: the last of its first experiment that has any."""
    for result in section.experiments:
        if result.spec.show:
            for entry in reversed(result.entries):
                if entry.picture().is_file():
                    drawn = gallery.picture(Picture(entry.picture(), entry.alt, entry=entry))
                    return Image(drawn.name, drawn.width, drawn.height, THUMBNAIL, "")
    return None


def _distinct(report: ReportResult) -> list[Entry]:
    entries = {
        entry.key: entry
        for section in report.sections
        for result in section.experiments
        for entry in result.entries
    }
    return list(entries.values())

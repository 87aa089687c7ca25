"""Results to pages: everything in docs/report/, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fwd_report.errors import Problem, UserError
from fwd_report.figures.gallery import Gallery
from fwd_report.site.converted import remembering
from fwd_report.site.inputs import Inputs, prose_of, shown_results
from fwd_report.site.lock import held
from fwd_report.site.nav import NAV, RUBRIC_PAGE, nav_yaml
from fwd_report.site.owned import OwnedFolder
from fwd_report.site.page_folders import real_folder, scratch_folder, templates_folder
from fwd_report.site.results import ReportResult, SectionResult
from fwd_report.site.stamp import holds_pages
from fwd_report.spec.project import Project, SectionSpec
from fwd_report.spec.prose_check import prose_problem
from fwd_report.store.memory import Memory, memory_of

if TYPE_CHECKING:
    from jinja2 import Environment

    from fwd_report.site.written import Page

FIGURES = "figures"
ASSETS = "assets"
SCRIPTS = "scripts"
FRONT = "_front.md"
STAGING = "rendering"
"""The folder in .fwd-report/ in which a render is prepared."""


def render_site(report: ReportResult, root: Path) -> list[Path]:
    """Write the pages, their pictures, styles and navigation; return the files that changed.

    All of it is in docs/report/, prepared elsewhere and put there at once; files of others stay.
    docs/index.md, the page that a site needs at its root, is created once if it is missing, and is
    the user's from then on: it includes the generated front page. A page with the same inputs as
    before is not rendered again. Raises UserError with every mistake in the prose, and if files of
    others are in the way.
    """
    memory = memory_of(root)
    inputs = Inputs(report.project, shown_results(report), root)
    if holds_pages(inputs, root):
        memory.save()
        return []
    with held(root), report.project.plugins.used(), remembering(memory):
        folder = OwnedFolder(root, scratch_folder(root, STAGING))
        _produce(report, root, folder, inputs)
        written = folder.put_in_place(inputs.of_all, report.project.profile)
        memory.save()
        if _make_root_page(root, report.project):
            written.append(root / "docs" / "index.md")
        scratch_folder(root, STAGING)
        return written


def _produce(report: ReportResult, root: Path, folder: OwnedFolder, inputs: Inputs) -> None:
    from fwd_report.site.front import front_page
    from fwd_report.site.page import templates as load_templates
    from fwd_report.site.rubric_page import rubric_page
    from fwd_report.site.written import Page, written_before

    templates = templates_folder(report.project)
    gallery = Gallery(folder.staging / FIGURES, earlier=folder.whole(f"{FIGURES}/"))
    environment = load_templates(templates)
    memory = memory_of(root)
    for page in _section_pages(report, gallery, environment, inputs, memory):
        folder.text(f"{page.name}.md", page.text)
    if report.project.rubric is not None:
        folder.text(f"{RUBRIC_PAGE}.md", rubric_page(report, report.project.rubric))
    title = report.project.report.title
    front = written_before(
        memory,
        inputs.of_front(),
        gallery,
        lambda own: Page(FRONT, title, front_page(report, own, environment)),
    )
    folder.text(FRONT, front.text)
    folder.text(NAV, nav_yaml(report, root / "docs"))
    for source in sorted((templates / ASSETS).rglob("*")):
        if source.is_file():
            folder.copy(source, f"{ASSETS}/{source.relative_to(templates / ASSETS).as_posix()}")
    for result in (each for section in report.sections for each in section.experiments):
        if result.spec.show and result.script is not None:
            folder.text(f"{SCRIPTS}/{result.script.file}", result.script.text)
    for name in sorted(gallery.used):
        folder.drawn(f"{FIGURES}/{name}")


def _section_pages(
    report: ReportResult, gallery: Gallery, environment: Environment, inputs: Inputs, memory: Memory
) -> list[Page]:
    """The pages of all sections, linked to each other. Raises UserError with all mistakes."""
    from fwd_report.site.page import section_page
    from fwd_report.site.template_values import report_views
    from fwd_report.site.titles import wrong_words
    from fwd_report.site.written import written_before

    everything = report_views(report)
    problems: list[Problem] = list(wrong_words(report.project))
    pages: dict[str, Page] = {}
    unwritten: list[SectionSpec] = []
    for section in report.sections:
        name = section.spec.name

        def write(own: Gallery, section: SectionResult = section) -> Page:
            _read(report, inputs.spoken_of(section.spec.name))
            return section_page(report, section, everything, own, environment)

        try:
            pages[name] = written_before(memory, inputs.of_page(name), gallery, write)
        except UserError as error:
            problems += error.problems
            unwritten.append(section.spec)
    for page in pages.values():
        for path, wrong in page.wrong(pages):
            if not any(_may_name(spec, wrong.label) for spec in unwritten):
                problems.append(prose_problem(report.project, page.name, path, wrong))
    if problems:
        raise UserError(problems)
    return [replace(page, text=page.linked(pages)) for page in pages.values()]


def _read(report: ReportResult, sections: Set[str]) -> None:
    """Read the entries of these sections, so that damaged ones are found before they are used."""
    for section in report.sections:
        if section.spec.name in sections:
            for result in section.experiments:
                _ = result.entries


def _may_name(section: SectionSpec, label: str) -> bool:
    """Whether the page of a section with mistakes might have an equation of that label."""
    return any(label in text for text in prose_of(section))


def _make_root_page(root: Path, project: Project) -> bool:
    """Write docs/index.md unless it exists. Raises UserError if something else is in its place."""
    index = real_folder(root / "docs") / "index.md"
    if index.is_file():
        return False
    if os.path.lexists(index):
        kind = "a link that leads nowhere" if index.is_symlink() else "no file"
        raise UserError(
            f"{index} is {kind}",
            hint="a site needs a page there: remove it, and build again to have one made",
        )
    index.write_bytes((templates_folder(project) / "index.md").read_bytes())
    return True

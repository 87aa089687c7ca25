"""Results to pages: everything under docs/report/, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from fwd_report.errors import Problem, UserError
from fwd_report.figures.gallery import Gallery
from fwd_report.site.lock import held
from fwd_report.site.nav import NAV, RUBRIC_PAGE, nav_yaml
from fwd_report.site.owned import OwnedFolder
from fwd_report.site.page_folders import real_folder, scratch_folder, templates_folder
from fwd_report.site.results import ReportResult
from fwd_report.site.stamp import inputs_digest, pages_current, shown_results
from fwd_report.spec.project import Project

FIGURES = "figures"
ASSETS = "assets"
SCRIPTS = "scripts"
FRONT = "_front.md"
STAGING = "rendering"
"""The folder of .fwd-report/ in which a render is prepared."""


def render_site(report: ReportResult, root: Path) -> list[Path]:
    """Write the pages, their pictures, styles and navigation; return the files that changed.

    All of it lies in docs/report/, prepared elsewhere and put there at once; what others put
    there stays. docs/index.md, the page a site must have at its root, is created once if there is
    none, and is the user's from then on: it includes the generated front page. Raises UserError
    with every mistake in the prose, and where files of others stand in the way.
    """
    shown = shown_results(report)
    if pages_current(report.project, shown, root):
        return []
    with held(root), report.project.plugins.used():
        inputs = inputs_digest(report.project, shown, root)
        folder = OwnedFolder(root, scratch_folder(root, STAGING))
        _produce(report, root, folder)
        written = folder.put_in_place(inputs, report.project.profile)
        if _make_root_page(root, report.project):
            written.append(root / "docs" / "index.md")
        scratch_folder(root, STAGING)
        return written


def _produce(report: ReportResult, root: Path, folder: OwnedFolder) -> None:
    from fwd_report.site.front import front_page
    from fwd_report.site.page import section_page
    from fwd_report.site.page import templates as load_templates
    from fwd_report.site.rubric_page import rubric_page
    from fwd_report.site.template_values import report_views
    from fwd_report.site.titles import wrong_words

    templates = templates_folder(report.project)
    gallery = Gallery(folder.staging / FIGURES, earlier=folder.whole(f"{FIGURES}/"))
    environment = load_templates(templates)
    everything = report_views(report)
    problems: list[Problem] = list(wrong_words(report.project))
    for section in report.sections:
        try:
            page = section_page(report, section, everything, gallery, environment)
            folder.text(f"{section.spec.name}.md", page)
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(problems)
    if report.project.rubric is not None:
        folder.text(f"{RUBRIC_PAGE}.md", rubric_page(report, report.project.rubric))
    folder.text(FRONT, front_page(report, gallery, environment))
    folder.text(NAV, nav_yaml(report, root / "docs"))
    for source in sorted((templates / ASSETS).rglob("*")):
        if source.is_file():
            folder.copy(source, f"{ASSETS}/{source.relative_to(templates / ASSETS).as_posix()}")
    for result in (each for section in report.sections for each in section.experiments):
        if result.spec.show and result.script is not None:
            folder.text(f"{SCRIPTS}/{result.script.file}", result.script.text)
    for name in sorted(gallery.used):
        folder.drawn(f"{FIGURES}/{name}")


def _make_root_page(root: Path, project: Project) -> bool:
    """Write docs/index.md unless there is one. Raises UserError where it is no page."""
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

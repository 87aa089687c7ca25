"""Results to pages: everything under docs/report/, and nothing else."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from fwd_report.errors import Problem, UserError
from fwd_report.figures.gallery import Gallery
from fwd_report.site.folder import OWNED, OwnedFolder, templates_folder
from fwd_report.site.nav import NAV, nav_yaml
from fwd_report.site.results import ReportResult
from fwd_report.site.stamp import inputs_digest, pages_current, shown_results, write_stamp
from fwd_report.store.store import Store

FIGURES = "figures"
ASSETS = "assets"
FRONT = "_front.md"


def render_site(report: ReportResult, root: Path) -> list[Path]:
    """Write the pages, their pictures, styles and navigation; return the files that changed.

    All of it lies in docs/report/, which is rid of everything else. docs/index.md, the page a
    site must have at its root, is created once if there is none, and is the user's from then on:
    it includes the generated front page. Raises UserError with every mistake in the prose.
    """
    shown = shown_results(report)
    if pages_current(report.project, shown, root):
        return []
    templates = templates_folder(root)
    digest = inputs_digest(report.project, shown, templates, root / "docs")
    say = partial(print, file=sys.stderr, flush=True)
    with Store(root).locks.waiting("site", "writes the pages", say):
        return _render(report, root, templates, digest)


def _render(report: ReportResult, root: Path, templates: Path, digest: str) -> list[Path]:
    from fwd_report.site.front import front_page
    from fwd_report.site.page import section_page
    from fwd_report.site.page import templates as load_templates
    from fwd_report.site.views import report_views

    docs = root / "docs"
    folder = OwnedFolder(docs / OWNED)
    gallery = Gallery(folder.root / FIGURES)
    environment = load_templates(templates)
    everything = report_views(report)
    pages: dict[str, str] = {}
    problems: list[Problem] = []
    for section in report.sections:
        try:
            pages[f"{section.spec.name}.md"] = section_page(
                report, section, everything, gallery, environment
            )
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(problems)
    pages[FRONT] = front_page(report, gallery, environment)
    for name, text in pages.items():
        folder.text(name, text)
    folder.text(NAV, nav_yaml(report, docs))
    for source in sorted((templates / ASSETS).rglob("*")):
        if source.is_file():
            folder.copy(source, f"{ASSETS}/{source.relative_to(templates / ASSETS).as_posix()}")
    for name in sorted(gallery.used):
        folder.keep(f"{FIGURES}/{name}")
    written = list(folder.written)
    if not (docs / "index.md").exists():
        (docs / "index.md").write_bytes((templates / "index.md").read_bytes())
        written.append(docs / "index.md")
    stamp = write_stamp(folder.root, digest, report.project.profile, sorted(folder.produced))
    folder.produced.add(stamp)
    folder.finish()
    return written

"""The navigation that mkdocs.yml inherits: sections by part, then the hand-written pages."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

import yaml

from fwd_report.site.address import site_address
from fwd_report.site.page_folders import OWNED
from fwd_report.site.results import ReportResult
from fwd_report.site.titles import plain_title
from fwd_report.spec.project import SectionSpec

NAV = "_nav.yml"
RUBRIC_PAGE = "deliverables"
"""The page of the rubric's items; no section may have its name."""
WORD_JOINER = "\u2060"
HEADER = (
    "# Written by fwd-report from experiments/: the `title` of report.yaml, and each section's\n"
    "# `title`, `order` and `part`; `site_url` from report.yaml, or from the git remote.\n"
    "# mkdocs.yml inherits it; a `nav` or `site_url` of your own there replaces it.\n"
)


def nav_yaml(report: ReportResult, docs: Path) -> str:
    """The file that mkdocs.yml names under INHERIT."""
    spec = report.project.report
    inherited = {"site_name": inert_title(spec.title), "nav": navigation(report, docs)}
    if address := site_address(report.project):
        inherited["site_url"] = address
    if spec.author:
        inherited["site_author"] = inert_title(spec.author)
    return HEADER + yaml.safe_dump(inherited, allow_unicode=True, sort_keys=False, width=1000)


def navigation(report: ReportResult, docs: Path) -> list[Any]:
    """`nav` in MkDocs' form: home, the sections under their parts, hand-written pages."""
    nav: list[Any] = [{"Home": "index.md"}]
    for part, specs in by_part(section.spec for section in report.sections):
        pages: list[Any] = [{inert_title(spec.title): f"{OWNED}/{spec.name}.md"} for spec in specs]
        nav += [{inert_title(part): pages}] if part else pages
    if report.project.rubric is not None:
        nav.append({"Deliverables": f"{OWNED}/{RUBRIC_PAGE}.md"})
    return nav + hand_written(docs)


def inert_title(title: str) -> str:
    """A title as plain text that MkDocs may print as it is: its templates do not escape titles.

    For <title>, the theme decodes entities, so `</` is broken up too.
    """
    text = escape(plain_title(title), quote=False).replace('"', "&quot;")
    return text.replace("&lt;/", f"&lt;{WORD_JOINER}/")


def by_part(specs: Any) -> list[tuple[str, list[SectionSpec]]]:
    """The sections under their parts; parts in the order of their first section."""
    parts: dict[str, list[SectionSpec]] = {}
    for spec in specs:
        parts.setdefault(spec.part, []).append(spec)
    return list(parts.items())


def hand_written(docs: Path) -> list[Any]:
    """The hand-written pages of docs/; a folder is a heading.

    In a folder, index.md comes first, then the pages it links to, in that order, then the rest by
    name.
    """
    if not docs.is_dir():
        return []
    pages: list[Any] = [path.name for path in sorted(docs.glob("*.md")) if path.name != "index.md"]
    for folder in sorted(path for path in docs.iterdir() if path.is_dir()):
        if folder.name == OWNED or folder.name.startswith("."):
            continue
        found = _ordered(folder)
        if found:
            title = folder.name.replace("-", " ").replace("_", " ").capitalize()
            pages.append({title: [path.relative_to(docs).as_posix() for path in found]})
    return pages


def _ordered(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.md"))
    index = folder / "index.md"
    if index not in found:
        return found
    text = index.read_text("utf-8", errors="replace")
    linked = [folder / name for name in re.findall(r"\]\(([\w./-]+\.md)", text)]
    first = [path for path in dict.fromkeys((index, *linked)) if path in found]
    return first + [path for path in found if path not in first]

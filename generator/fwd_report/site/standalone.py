"""A figure as self-contained HTML, for notebooks.

It is rendered with the page's template and style sheets; its pictures are data URIs. It needs no
script.
"""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from markupsafe import escape

from fwd_report.figures.gallery import Gallery
from fwd_report.site.page import section_content, templates
from fwd_report.site.page_folders import templates_folder
from fwd_report.site.page_templates import rendered_macro
from fwd_report.site.results import ExperimentResult, ReportResult, SectionResult
from fwd_report.site.template_values import Names
from fwd_report.spec.project import Project

SCOPE = "fwd-embedded"
"""The class of the element that the style is limited to."""
KINDS = {".png": "image/png", ".gif": "image/gif", ".svg": "image/svg+xml"}
SCRIPTS_ONLY = re.compile(r' data-(?:sprite|labels|gallery|title)="[^"]*"')
"""Attributes of figures that only the pages' scripts read."""
PROPERTIES = re.compile(r"(--[\w-]+):\s*([^;{}]+);")
DARK = ('[data-jp-theme-light="false"]', ".vscode-dark", '[data-theme="dark"]')
"""What surrounds an output in a dark notebook: JupyterLab, VS Code, Jupyter Book."""


def figure_html(
    report: ReportResult, section: SectionResult, result: ExperimentResult, everything: Names
) -> str:
    """The figure of one experiment of the section, or of some of its runs.

    result: what to draw. everything: the report as prose sees it. Raises UserError if the section's
    prose or the project's templates cannot be rendered.
    """
    environment = templates(templates_folder(report.project))
    plugins = report.project.plugins
    with plugins.used(), tempfile.TemporaryDirectory(prefix="fwd-report-") as folder:
        gallery = Gallery(Path(folder))
        drawn = {result.spec.id: replace(result, script=None)}
        content, equations = section_content(report, section, everything, gallery, drawn)
        (figure,) = content["experiments"]
        figure |= {field: equations.named(figure[field]) for field in ("caption", "discussion")}
        made = rendered_macro(environment, "figure.html", "figure", report.project.root, figure)
        return _within(made, gallery)


def page_style(folder: Path) -> str:
    """A style element with the pages' style for figures, limited to `SCOPE`.

    folder: the templates, with assets/.
    """
    figures, colours = (_text(folder / "assets" / name) for name in ("figures.css", "report.css"))
    root, light, dark = (
        _properties(colours, selector)
        for selector in (":root", "[data-md-color-scheme]", '[data-md-color-scheme="slate"]')
    )
    around = ", ".join(f"{selector} .{SCOPE}" for selector in DARK)
    css = (
        f".{SCOPE} {{ {root} {light} "
        "color: var(--md-default-fg-color); background: var(--md-default-bg-color); "
        f"padding: 0.1rem 1rem; font-family: var(--fwd-sans); }}\n"
        f"{around} {{ {dark} }}\n.{SCOPE} {{\n{figures}\n}}\n"
    )
    inert = css.replace("</", "<\\/")
    return f"<style>{inert}</style>"


def embedded(parts: Sequence[str], project: Project) -> str:
    """Figures, or other HTML, as one output in the style of the project's pages."""
    inside = f'<div class="md-typeset">{"".join(parts)}</div>'
    return f'{page_style(templates_folder(project))}<div class="{SCOPE}">{inside}</div>'


def _within(figure: str, gallery: Gallery) -> str:
    """The HTML with the gallery's files embedded, and without what the pages' scripts read."""
    figure = SCRIPTS_ONLY.sub("", figure)
    for name in gallery.used:
        place = str(escape(f"../figures/{name}"))
        if place in figure:
            content = base64.b64encode((gallery.folder / name).read_bytes()).decode()
            figure = figure.replace(place, f"data:{KINDS[Path(name).suffix]};base64,{content}")
    return figure


def _properties(css: str, selector: str) -> str:
    """The custom properties of the first rule with exactly that selector."""
    found = re.search(rf"(?:^|[}}\s]){re.escape(selector)}\s*\{{([^}}]*)\}}", css)
    return "" if found is None else " ".join(f"{n}: {v};" for n, v in PROPERTIES.findall(found[1]))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""

"""A figure that stands alone is the page's own, with its files in it and its style around it."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from fwd_report.figures.gallery import Gallery
from fwd_report.site.page import section_page, templates
from fwd_report.site.page_folders import templates_folder
from fwd_report.site.results import ReportResult
from fwd_report.site.standalone import KINDS, embedded, figure_html
from fwd_report.site.template_values import report_views

LOADED = re.compile(r'\b(?:src|srcset|href)="([^"]*)"')


def figures_of(page: str) -> dict[str, str]:
    """The figures of a page's Markdown, by the experiment's id."""
    found = re.findall(r'<figure class="fwd-figure" id="fig-([\w-]+)">.*?</figure>', page, re.S)
    whole = re.findall(r'<figure class="fwd-figure".*?</figure>', page, re.S)
    return dict(zip(found, whole, strict=True))


def with_files(figure: str, folder: Path) -> str:
    """A page's figure with its pictures in it, and without what scripts alone read."""

    def data(found: re.Match[str]) -> str:
        content = base64.b64encode((folder / found[1]).read_bytes()).decode()
        return f"data:{KINDS[Path(found[1]).suffix]};base64,{content}"

    plain = re.sub(r' data-(sprite|labels|gallery|title)="[^"]*"', "", figure)
    return re.sub(r"\.\./figures/([\w.-]+)", data, plain)


def test_it_is_the_figure_of_the_page(report: ReportResult, tmp_path: Path) -> None:
    everything = report_views(report)
    environment = templates(templates_folder(report.project))
    compared = 0
    for section in report.sections:
        gallery = Gallery(tmp_path / "figures")
        figures = figures_of(section_page(report, section, everything, gallery, environment).text)
        for result in section.experiments:
            if result.spec.show:
                alone = figure_html(report, section, result, everything)
                assert alone.strip() == with_files(figures[result.spec.id], gallery.folder)
                compared += 1
    assert compared > 8


def test_it_asks_nobody_for_anything(report: ReportResult) -> None:
    everything = report_views(report)
    for section in report.sections:
        for result in section.experiments:
            alone = embedded([figure_html(report, section, result, everything)], report.project)
            assert "<script" not in alone
            assert "url(" not in alone
            assert all(link.startswith(("data:", "#fig-")) for link in LOADED.findall(alone))


def test_its_style_holds_within_it_alone(
    report: ReportResult, browser: Browser, tmp_path: Path
) -> None:
    everything = report_views(report)
    parts = [
        figure_html(report, section, result, everything)
        for section in report.sections
        for result in section.experiments
    ]
    alone = tmp_path / "alone.html"
    around = '<ul class="md-typeset fwd-strip" id="outside"><li class="fwd-label">a label</li></ul>'
    alone.write_text(f"<meta charset='utf-8'>{around}{embedded(parts, report.project)}", "utf-8")
    page = browser.new_page(java_script_enabled=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.partition(":")[0]))
    page.goto(alone.as_uri())
    outside, inside = (
        page.evaluate(
            "s => getComputedStyle(document.querySelector(s)).textAlign", f"{where} .fwd-label"
        )
        for where in ("#outside", ".fwd-embedded")
    )
    assert (outside, inside) == ("start", "center")
    assert page.evaluate("getComputedStyle(document.querySelector('#outside')).display") == "block"
    pictures = page.evaluate("[...document.images].map(i => (i.loading = 'eager', i.naturalWidth))")
    assert len(pictures) > 20
    assert set(asked) <= {"file", "data"}
    page.close()


def test_a_broken_template_is_an_error_at_its_line(report: ReportResult) -> None:
    template = templates_folder(report.project) / "figure.html"
    template.write_text("{% macro figure(experiment) %}\n{{ experiment.nothing }}\n{% endmacro %}")
    section = report.sections[0]
    with pytest.raises(Exception, match=r"figure\.html:2.*nothing"):
        figure_html(report, section, section.experiments[0], report_views(report))

"""What a user may write wrongly outside the sections' prose, and what may not come out live."""

from __future__ import annotations

import html
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from jinja2.bccache import Bucket
from markupsafe import Markup
from tests.helpers.fabricate import Fabric, Sample, picture

from fwd_report.errors import UserError
from fwd_report.site import page
from fwd_report.site.compiled import Compiled
from fwd_report.site.nav import inert_title
from fwd_report.site.render import render_site
from fwd_report.site.results import ReportResult

TEMPLATES = Path(__file__).parents[2] / "site_templates"


@pytest.fixture
def report(tmp_path: Path) -> ReportResult:
    return report_in(tmp_path)


def report_in(folder: Path) -> ReportResult:
    shutil.copytree(TEMPLATES, folder / "site_templates")
    fabric = Fabric(folder)
    entries = [fabric.entry("a", "one", Sample(), picture(0, 8))]
    return fabric.report(fabric.section("a", "A", [fabric.experiment("one", Sample, entries)]))


@pytest.mark.parametrize(
    ("name", "line", "wrong"),
    [
        ("section.md", 3, "{% for %}"),
        ("section.md", 2, "{{ nobody }}"),
        ("figure.html", 2, "{% macro %}"),
        ("front.md", 1, "{{ 1 / 0 }}"),
        ("front.md", 1, "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}"),
        ("section.md", 2, "{{ {}.popitem() }}"),
        ("section.md", 2, "{{ [].pop() }}"),
        ("figure.html", 1, "{{ 'a'.encode('nothing') }}"),
    ],
)
def test_a_mistake_in_a_template(report: ReportResult, name: str, line: int, wrong: str) -> None:
    root = report.project.root
    path = root / "site_templates" / name
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[: line - 1], wrong, *lines[line - 1 :]]))
    with pytest.raises(UserError) as caught:
        render_site(report, root)
    problem = caught.value.problems[0]
    assert (str(problem.file), problem.line) == (f"site_templates/{name}", line)
    assert problem.excerpt == wrong


def test_templates_of_another_project_are_compiled_and_mistakes_still_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []

    class Noting(Compiled):
        def dump_bytecode(self, bucket: Bucket) -> None:
            compiled.append(bucket.key)
            super().dump_bytecode(bucket)

    monkeypatch.setattr(page, "COMPILED", Noting())
    for name in ("one", "two"):
        report = report_in(tmp_path / name)
        section = report.project.root / "site_templates" / "section.md"
        section.write_text(section.read_text() + "{{ 1 / 0 }}\n")
        with pytest.raises(UserError) as caught:
            render_site(report, report.project.root)
        assert str(caught.value.problems[0].file) == "site_templates/section.md", name
    assert "section.md" in compiled
    assert len(compiled) == len(set(compiled))


def test_a_formula_that_cannot_be_shown_in_the_description(report: ReportResult) -> None:
    root = report.project.root
    (root / "experiments" / "report.yaml").write_text(
        "title: T\ndescription: |\n  Noise.\n  $\\frac{1$\n"
    )
    spec = report.project.report.model_copy(update={"description": "Noise.\n$\\frac{1$\n"})
    positions = {**report.project.positions, ("report", "description"): (2, 14)}
    project = replace(report.project, report=spec, positions=positions)
    with pytest.raises(UserError) as caught:
        render_site(replace(report, project=project), root)
    (problem,) = caught.value.problems
    assert (str(problem.file), problem.line) == ("experiments/report.yaml", 4)


@pytest.mark.parametrize(
    "title", ["N <img src=x onerror=alert(1)>", "</title><script>alert(1)</script>", 'a" b="c']
)
def test_titles_in_the_navigation_are_inert(title: str) -> None:
    """MkDocs prints them as they are, and within <title> without tags and with entities undone."""
    written = inert_title(title)
    assert not set('<>"') & set(written)
    assert "</" not in Markup(written).striptags()
    assert html.unescape(written).replace("\u2060", "") == title

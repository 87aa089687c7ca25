"""Prose: numbers from the runs, values inert, what has not run visible, errors at their line."""

from __future__ import annotations

import dataclasses
import html
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import TemplateError, UndefinedError
from markdown import markdown
from tests.helpers.every_part import HOSTILE
from tests.helpers.fabricate import Fabric, Sample, picture
from tests.site.conftest import lay_out

from fwd_report.errors import UserError
from fwd_report.site.not_run import NotRun
from fwd_report.site.prose import MISSING, render, render_inline
from fwd_report.site.render import render_site
from fwd_report.site.results import ExperimentResult
from fwd_report.site.template_values import ExperimentView, Names, RunView, experiment_views
from fwd_report.spec.prose_check import VIEWED
from fwd_report.spec.templates import parsed_template


@pytest.fixture
def runs(tmp_path: Path) -> Names:
    fabric = Fabric(tmp_path)
    entries = [
        fabric.entry(
            "s", "some", Sample(prompt=HOSTILE, steps=steps), picture(0, 8), {"steps": steps}
        )
        for steps in (5, 20)
    ]
    section = fabric.section(
        "s",
        "S",
        [
            fabric.experiment("some", Sample, entries),
            fabric.experiment("partial", Sample, entries[:1], absence="out of memory"),
            fabric.experiment("none", Sample, [], absence="not run yet"),
        ],
    )
    return experiment_views(section)


def written(source: str, runs: Any) -> str:
    return render(source, {"runs": runs})


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ runs.some.params.steps }}", "5"),
        ("{{ runs['some'][1].axes.steps }}", "20"),
        ("{{ runs.some.metrics.psnr }}", "17.35"),
        ("{{ runs.some.metrics.psnr | round(1) }} dB", "17.3 dB"),
        ("{{ runs.some | map(attribute='axes.steps') | join(', ') }}", "5, 20"),
        ("{% for run in runs.some %}{{ run.params.steps }};{% endfor %}", "5;20;"),
        ("{{ runs.some | length }} {{ runs.some.seed }}", "2 181"),
    ],
)
def test_prose_sees_the_runs(runs: Names, source: str, text: str) -> None:
    assert html.unescape(written(source, runs)) == text


@pytest.mark.parametrize(
    "source",
    [
        "{{ runs.none.metrics.psnr | round(1) }}",
        "{{ runs.none[3].params.steps }}",
        "{{ runs.partial[1].metrics.psnr }}",
        "{{ (runs.none.metrics.psnr - runs.some.metrics.psnr) | abs | round(1) }}",
        "{{ runs.none.series.loss[-1] | float | round(2) }}",
        "{{ runs.none.axes.t | int }}",
        "{{ runs.none | map(attribute='metrics.psnr') | max }}",
        "{{ '%.1f' | format(runs.none.metrics.psnr) }}",
        "{{ '%.1f dB' % runs.none.metrics.psnr }}",
        "{{ '%.1f of %d' % (runs.none.metrics.psnr, 5) }}",
    ],
)
def test_what_has_not_run_says_so(runs: Names, source: str) -> None:
    assert written(source, runs) == MISSING


def test_a_loop_over_runs_that_failed_shows_that_some_are_missing(runs: Names) -> None:
    loop = "{% for run in runs.partial %}[{{ run.params.steps }}]{% endfor %}"
    assert written(loop, runs) == f"[5][{MISSING}]"
    assert f"{NotRun():.1f}" == "not run yet"


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=60))
def test_any_value_is_shown_as_it_is(value: str) -> None:
    source = "a {{ runs }} b"
    shown = html.unescape(markdown(written(source, value)))
    assert shown == f"<p>a {value} b</p>"
    assert html.unescape(render_inline(source, {"runs": value})) == f"a {value} b"


def test_in_math_a_value_stands_as_a_number_or_text() -> None:
    assert "<mn>7</mn>" in written("$\\gamma = {{ runs }}$", 7)
    assert "<msup><mn>10</mn>" in written("${{ runs }}$", 1.2e-7)
    assert "<mtext>word</mtext>" in written("${{ runs }}$", "word")


@pytest.mark.parametrize(
    "code",
    [
        '`f"{{ x }}"`',
        "``a ` {% include b.html %}``",
        '```python\nf"{{x}}"  # {% for %}\n```',
        "~~~\n{# none #}\n~~~",
        "- a list\n\n    ```\n    {{ runs.nobody }}\n    ```",
        "> ```\n> {{ runs.nobody }}\n> ```",
        "text\n\n    {{ indented }}\n\ntext",
        "## A heading {#its-id .its-class}",
    ],
)
def test_code_and_attribute_lists_are_not_templates(runs: Names, code: str) -> None:
    assert parsed_template(code) == {"unknown": [], "chains": []}
    source = f"{code}\n\nfine {{{{ runs.some.seed }}}}"
    assert written(source, runs) == f"{code}\n\nfine 181"


def test_braces_of_code_may_be_marked_raw_too(runs: Names) -> None:
    assert written("`{% raw %}{{ x }}{% endraw %}`", runs) == "`{{ x }}`"
    assert written("{% raw %}`{{ x }}` {{ y }}{% endraw %}", runs) == "`{{ x }}` {{ y }}"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{{ runs.some.metrics.fid }}", "the run has no metric 'fid'; there is: psnr"),
        ("{{ runs.some.axes.guidance }}", "the run has no swept field 'guidance'; there is: steps"),
        ("{{ runs.some.param.steps }}", "a run has no 'param'; it has: params, metrics"),
        ("{{ runs.some[9].seed }}", "has 2 runs, counted from 0, and no"),
    ],
)
def test_a_wrong_name_is_told_from_those_there_are(runs: Names, source: str, message: str) -> None:
    with pytest.raises(UndefinedError, match=re.escape(message)):
        render(source, {"runs": runs})


def test_what_loading_lets_prose_ask_for_is_what_there_is() -> None:
    there = {field.name for field in dataclasses.fields(RunView)}
    assert {*VIEWED} == there | {"id", "title", "figure"}


def test_values_are_not_templates_and_not_formulas() -> None:
    assert html.unescape(written("{{ runs }}", "{{ 7*7 }} $x$")) == "{{ 7*7 }} $x$"


@pytest.mark.parametrize(
    "source",
    [
        "{{ runs.__class__ }}",
        "{{ runs.some._runs }}",
        "{{ runs.some.params.clear() }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ cycler.__init__.__globals__ }}",
    ],
)
def test_the_sandbox_holds(runs: Names, source: str) -> None:
    with pytest.raises(
        TemplateError, match=r"unsafe|undefined|no attribute|there is no|has no field"
    ):
        written(source, runs)


def one_page(root: Path, **prose: str) -> ExperimentResult:
    """Render a page whose one experiment has that prose."""
    lay_out(root)
    fabric = Fabric(root)
    entries = [fabric.entry("page", "one", Sample(), picture(0, 8))]
    experiment = fabric.experiment("one", Sample, entries, **prose)
    render_site(fabric.report(fabric.section("page", "Page", [experiment])), root)
    return experiment


@pytest.mark.parametrize(
    ("prose", "message"),
    [
        ("fine\nfine {{ runs.onee.seed }}", "did you mean 'one'"),
        ("fine\nfine {{ runs.one.params.stepz }}", "stepz"),
        ("fine\nfine {{ runs.one[7].seed }}", "has 1 run, counted from 0"),
        ("fine\nfine $\\wrong{x}$", r"\wrong"),
        ("fine\nfine {{ 1 / 0 }}", "division by zero"),
    ],
)
def test_a_mistake_in_prose_is_an_error_at_its_line(
    tmp_path: Path, prose: str, message: str
) -> None:
    with pytest.raises(UserError, match=r"prose|formula") as caught:
        one_page(tmp_path, discussion=prose)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.file == Path("experiments/page.yaml")
    lines = (tmp_path / problem.file).read_text().splitlines()
    assert problem.line == lines.index(" " * 6 + prose.splitlines()[1]) + 1


def test_every_mistake_is_reported_in_one_pass(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        one_page(tmp_path, caption="{{ runs.nobody }}", discussion=r"$\nonsense$")
    assert len(caught.value.problems) == 2


def test_links_in_captions_lead_to_pages(tmp_path: Path) -> None:
    one_page(tmp_path, caption="See {{ report.page.one.figure }} and [that](page.md).")
    page = (tmp_path / "docs/report/page.md").read_text()
    assert '<a href="../page/#fig-one">Figure 1 of Page</a>' in page
    assert '<a href="../page/">that</a>' in page


def test_experiments_of_one_run_answer_as_that_run(runs: Names) -> None:
    view = runs["some"]
    assert isinstance(view, ExperimentView)
    assert view.params == view[0].params


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("It took {{ runs.some.params.steps }}.", "does not set"),
        ("All of {{ runs.some }}.", "a whole run"),
        ("All of {{ runs.some.metrics }}.", "a whole run"),
    ],
)
def test_what_a_page_cannot_show_is_not_printed(project: Path, text: str, told: str) -> None:
    fabric = Fabric(project)
    entries = [fabric.entry("s", "some", Sample(steps=None), picture(0, 8))]
    experiment = fabric.experiment("some", Sample, entries, discussion=text)
    with pytest.raises(UserError, match=told):
        render_site(fabric.report(fabric.section("s", "S", [experiment])), project)


def test_double_dollars_within_a_sentence_are_inline() -> None:
    for source in ("so $$x$$ is", "| $$x$$ |", "a $$x$$."):
        assert 'class="fwd-math"' in render(source, {})
    for source in (
        "$$x$$",
        "a\n$$\nx\n$$\nb",
        "- $$x$$",
        "$$x$$.",
        "a\n\\begin{align}x\\end{align}\nb",
    ):
        assert 'class="fwd-equation"' in render(source, {})

"""What a template asks for is bounded, and whatever goes wrong in it is an error at its line."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest
from jinja2 import TemplateError
from tests.helpers.fabricate import Fabric, Sample, picture
from tests.site.conftest import lay_out

from fwd_report.errors import UserError
from fwd_report.site.prose import TooLongError, render
from fwd_report.site.render import render_site
from fwd_report.spec.markdown import pieces
from fwd_report.spec.templates import parsed_template

TOO_MUCH = (
    "{{ 'a' * 10**9 }}",
    "{{ [0] * 10**9 }}",
    "{{ 10**9 * 'a' }}",
    "{{ 9 ** (9 ** 9) }}",
    "{{ 2 ** 9999 * 2 ** 9999 }}",
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% for a in range(999) %}{% for b in range(999) %}x{{ b }}{% endfor %}{% endfor %}",
    "{{ range(10**9) | sum }}",
    "{% set n = namespace(s='aa') %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
    "{% set n = namespace(s='a') %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}",
    "{% set n = namespace(s=[1]) %}{% for i in range(99) %}{% set n.s = [n.s, n.s] %}{% endfor %}",
    "{% set n = namespace(s=2) %}{% for i in range(99) %}{% set n.s = n.s * n.s %}{% endfor %}",
    "{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}",
    "{{ '%999999999d' % 1 }}",
    "{{ '%999999999d' | format(1) }}",
    "{{ '%*d' % (999999999, 1) }}",
    "{{ '{:>999999999}'.format(1) }}",
    "{{ 'a' | center(10**9) }}",
    "{{ 'a'.ljust(10**9) }}",
    "{{ ('\n' * 9999) | indent(9999) }}",
    "{{ ('a' * 9999) | replace('', 'b' * 9999) }}",
    "{{ ('a' * 9999).replace('a', 'b' * 9999) }}",
    "{{ ('a' * 9999).join('b' * 9999) }}",
    "{{ ['a' * 99999] * 99 | int }}{{ (['a' * 99999] * 9) | join('b' * 99999) }}",
    "{% for i in range(99) %}{{ 'a' * 99999 }}{% endfor %}",
    "{{ [1] | slice(10**9) | list }}",
    "{{ [1] | batch(10**9, 0) | list }}",
    "{{ 1.5 | round(10**9, 'ceil') }}",
)


@pytest.mark.parametrize("source", TOO_MUCH)
def test_what_is_too_much_is_refused_soon(source: str) -> None:
    start = time.thread_time()
    assert "error" not in parsed_template(source), "plan computes nothing"
    with pytest.raises(Exception, match=r"more than|larger|too large|longer than|width|recursion"):
        render(source, {})
    assert time.thread_time() - start < 8


WRONG = (
    "{{ {}['a'] }}",
    "{{ [1, 2][7].x }}",
    "{{ runs.one.seed.nothing }}",
    "{{ 1 / 0 }}",
    "{{ 1 + 'a' }}",
    "{{ 2.0 ** 9999 }}",
    "{{ 'a' | round }}",
    "{{ '\\ud800' }}",
    "{{ runs['one'](3) }}",
    "{{ [].pop() }}",
    "{{ 'abc'.index('z') }}",
    "{{ '%d' % 'a' }}",
    "{{ '{nobody}'.format() }}",
    "{{ (-8) ** 0.5 }}",
    "{{ range(1, 2, 0) }}",
    "{{ [1, 'a'] | sort }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% set a, b = 1 %}",
    "{% for a, b in [1] %}{% endfor %}",
)


@pytest.mark.parametrize("wrong", WRONG)
def test_every_exception_is_an_error_at_its_line(tmp_path: Path, wrong: str) -> None:
    lay_out(tmp_path)
    fabric = Fabric(tmp_path)
    entries = [fabric.entry("page", "one", Sample(), picture(0, 8))]
    prose = f"fine\nfine {{{{ runs.one.seed }}}}\n{wrong}"
    experiment = fabric.experiment("one", Sample, entries, discussion=prose)
    with pytest.raises(UserError) as caught:
        render_site(fabric.report(fabric.section("page", "Page", [experiment])), tmp_path)
    (problem,) = caught.value.problems
    assert problem.file == Path("experiments/page.yaml")
    assert problem.message.startswith("the prose")
    lines = (tmp_path / problem.file).read_text().splitlines()
    assert problem.line == lines.index(" " * 6 + wrong) + 1


REFUSALS = (TemplateError, SyntaxError, RecursionError, OverflowError, ValueError)
"""What Jinja, Python's compiler and our own bounds raise; a page says it at the line."""


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in [1] %}" * 30 + "{% endfor %}" * 30,
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{{ " + "-" * 5000 + "1 }}",
        "{{ 1" + " + 1" * 20000 + " }}",
        "{{ 1e999 }}",
    ],
)
def test_templates_nested_too_deeply_are_errors(source: str) -> None:
    found = parsed_template(source)
    if "error" not in found:
        with pytest.raises(REFUSALS):
            render(source, {})


@pytest.mark.parametrize(
    "unit",
    [
        "    x\n",
        "$ ",
        "` ",
        '<a "',
        "<!-- ",
        "<script>",
        "<pre>",
        "```\n",
        "{{ ",
        "{% raw %}",
        "`a` ",
        "\n ",
        "<pre></pre>",
        "](",
        "{",
        "-",
        "[a]: ",
    ],
)
def test_markdown_is_taken_apart_in_time_proportional_to_its_length(unit: str) -> None:
    source = unit * (30_000 // len(unit))
    start = time.thread_time()
    assert sum(len(piece.text) for piece in pieces(source, templates=True)) <= len(source)
    with suppress(TooLongError):  # brackets that stay open are refused, and that soon
        render("{% raw %}" + source.replace("{%", "") + "{% endraw %}{{ 5 }}", {})
    assert time.thread_time() - start < 3


def test_a_text_too_long_for_a_page_is_refused() -> None:
    with pytest.raises(ValueError, match="300,000 characters; at most 200,000"):
        render("abc" * 100_000, {})


@pytest.mark.parametrize("unit", ["[", "![", "[a](", "a [b", "[[a](", "[)"])
def test_brackets_that_stay_open_are_refused(unit: str) -> None:
    """Python-Markdown takes minutes over 20,000 of them."""
    with pytest.raises(ValueError, match="brackets are open in one paragraph, in line 3 of the"):
        render(f"fine\n\n{unit * 300}", {})
    assert render("[a](b.md) " * 1_000, {})
    assert render("[a](b.md)\n\n[open\n\n" * 1_000, {})


def test_quotes_too_deep_for_markdown_are_refused() -> None:
    with pytest.raises(ValueError, match="quotes within quotes, more than 20, in line 2 of the"):
        render(f"fine\n{'> ' * 30}a", {})
    assert render(f"{'> ' * 20}a", {})


def test_lists_too_deep_for_markdown_are_refused() -> None:
    """A hundred lists within each other end Python-Markdown in a RecursionError."""
    with pytest.raises(ValueError, match="lists within lists, more than 30, in line 31 of the"):
        render("".join(f"{'    ' * depth}- a\n" for depth in range(100)), {})
    assert render("".join(f"{'    ' * depth}- a\n" for depth in range(30)), {})

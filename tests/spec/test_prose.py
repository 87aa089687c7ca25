"""Where a mistake in prose stands in the YAML, found at loading or while rendering."""

from __future__ import annotations

import pytest
from jinja2 import TemplateError
from jinja2.exceptions import SecurityError
from tests.spec.conftest import Writeup

from fwd_report.spec.prose_check import place_in_text, prose_problem
from fwd_report.spec.templates import parsed_template, sandbox

SECTION = """\
title: A
intro: |
  One line.

    indented {{ 1 }}
  {{ 3 / runs.nothing }}
outro: "quoted {{ runs.x }}"
experiments:
  - id: a
    technique: draw
    caption: >-
      folded
      text {{ runs.a.seed / 0 }}
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [(("intro",), (6, 3)), (("outro",), (7, 8)), (("a", "caption"), (11, 14))],
)
def test_a_failure_while_rendering_is_found_in_the_file(
    writeup: Writeup, path: tuple[str, ...], place: tuple[int, int]
) -> None:
    valid = SECTION.replace("{{ 3 / runs.nothing }}", "{{ 3 / runs['a'].seed }}")
    project = writeup.write("a.yaml", valid.replace("runs.x", "runs.a")).load()
    section = project.sections[0]
    text = section.experiments[0].caption if path[0] == "a" else getattr(section, path[0])
    with pytest.raises((TemplateError, TypeError, ZeroDivisionError)) as caught:
        sandbox().from_string(text).render(
            runs={"a": {"seed": 0}, "x": {}} if len(path) > 1 else {}
        )
    problem = prose_problem(project, "a", path, caught.value)
    assert (problem.line, problem.column) == place
    assert str(problem.file) == "experiments/a.yaml"


def test_prose_cannot_reach_python_or_change_results() -> None:
    runs = {"a": [1]}
    for text in ("{{ runs.__class__.__mro__ }}", "{{ ''.format.__globals__ }}"):
        with pytest.raises(SecurityError):
            sandbox().from_string(text).render(runs=runs)
    with pytest.raises(SecurityError):
        sandbox().from_string("{{ runs.a.append(2) }}").render(runs=runs)
    assert runs == {"a": [1]}


@pytest.mark.parametrize(
    ("text", "chains"),
    [
        (
            "{{ runs.a.metrics.psnr | round(1) }}",
            ["runs.a", "runs.a.metrics", "runs.a.metrics.psnr"],
        ),
        ("{{ runs['a-b'][0].seed }}", ["runs.a-b", "runs.a-b", "runs.a-b.seed"]),
        ("{% for run in runs.a %}{{ run.seed }}{% endfor %}", ["runs.a"]),
        ("{% set runs = 3 %}{{ runs.a }}", []),
        ("{{ runs[name].seed }}", []),
        ("{% raw %}{{ runs.a }}{% endraw %}", []),
        ("{# {{ runs.a }} #}", []),
    ],
)
def test_the_names_a_template_looks_up(text: str, chains: list[str]) -> None:
    found = parsed_template(text)
    assert sorted(".".join(chain) for _, chain in found["chains"]) == sorted(chains)


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("{% for run in runs.a %}{{ run.seed }}{% endfor %}", []),
        ("{% set best = runs.a[0] %}{{ best.seed }}", []),
        ("{{ range(3) | list }} {{ experiment.title }}", []),
        ("a\n{{ run }}", [[2, "run"]]),
    ],
)
def test_names_prose_does_not_have(text: str, unknown: list[object]) -> None:
    assert parsed_template(text)["unknown"] == unknown


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("a {{ 3 | rond(1) }}", (3, 12), "did you mean 'round'?"),
        ("{{ 3 is evn }}", (3, 11), "did you mean 'even'?"),
        ("{% fro a in runs.a %}", (3, 6), "did you mean 'for'?"),
        ("{% for a in runs.a %} x", (3, 3), "`{% for … %}` is closed by `{% endfor %}`"),
        ("{% if 1 %}\n  {% endfor %}", (4, 6), "`{% if … %}` is closed by `{% endif %}`"),
        ("{% endfor %}", (3, 6), "there is no `{% for … %}` before it that is still open"),
    ],
)
def test_a_wrong_word_of_a_template(
    writeup: Writeup, text: str, place: tuple[int, int], hint: str
) -> None:
    (problem,) = writeup.write("a.yaml", f"title: A\nintro: |\n  {text}\n").problems()
    assert (problem.line, problem.column, problem.hint) == (*place, hint)


def test_places_in_block_scalars() -> None:
    lines = ["intro: |-", "", "   first", "   and {{ x }}", ""]
    assert place_in_text(lines, (1, 8), 2) == (3, 4)
    assert place_in_text(lines, (1, 8), 3, "x") == (4, 11)
    assert place_in_text(lines, (1, 8), 99) == (1, 8)

"""Values stay values: in set blocks, macros, filters and strings, as in any Jinja template."""

from __future__ import annotations

import html
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from jinja2.sandbox import SandboxedEnvironment
from markdown import markdown

from fwd_report.site.prose import render
from fwd_report.site.sandbox import format_value, rendered_text
from fwd_report.spec.templates import sandbox

WRITTEN = "abcABC \n"
"""What the author's own text is made of, and no value."""
TRUNCATED = "."
PRINTED = "<*`é1"


def plain(source: str, context: dict[str, Any]) -> str:
    """Jinja as it is, with values written as prose writes them."""
    environment = sandbox(SandboxedEnvironment, finalize=format_value)
    return environment.from_string(source).render(**context)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{% set s %}{{ seed }}{% endset %}{{ s | int + 1 }}", "181"),
        ("{% macro m(x) %}{{ x }}{% endmacro %}{{ m(seed) | int + 1 }}", "181"),
        ("{% macro m() %}{{ caller() |int }}{% endmacro %}{% call m() %}{{ 7 }}{% endcall %}", "7"),
        ("{% filter upper %}made by {{ name }}{% endfilter %}", "MADE BY <ADA>"),
        ("{% set s | upper %}{{ name }}{% endset %}{{ s }}", "<ADA>"),
        ("{{ name ~ ' & ' ~ seed }}", "<Ada> & 180"),
        ("{{ name ~ psnr }}", "<Ada>17.35"),
        ("{{ name + '!' }}", "<Ada>!"),
        ("{{ '%.2f dB' | format(psnr) }}", "17.35 dB"),
        ("{{ '%.1f' % psnr }}", "17.3"),
        ("{{ [seed, psnr, name] | join(', ') }}", "180, 17.35, <Ada>"),
        ("{% set s %}{{ name }}{% endset %}{{ s | replace('<', '[') }}", "[Ada>"),
        ("{% set s %}{{ name }}{% endset %}{{ s | length }}", "5"),
        ("{% set s %}{{ seed }}{% endset %}{{ 'yes' if s == '180' else 'no' }}", "yes"),
        ("{% set s %} {{ name }} {% endset %}[{{ s | trim }}]", "[<Ada>]"),
        ("{% filter indent(2) %}a\nb{% endfilter %}", "a\n  b"),
        ("{{ name | escape }}{{ name | e }}", "<Ada><Ada>"),
    ],
)  # fmt: skip
def test_a_value_is_one_wherever_a_template_takes_it(source: str, shown: str) -> None:
    context = {"seed": 180, "name": "<Ada>", "psnr": 17.3456}
    text = render(source, context)
    assert "<Ada>" not in text
    assert html.unescape(text) == shown


def test_markdown_in_set_blocks_and_macros_is_the_author_s() -> None:
    source = (
        "{% macro bold(x) %}**{{ x }}**{% endmacro %}{% set s %}*so*{% endset %}"
        "{{ bold('*a*') }} {{ s }} {% filter upper %}_x_{% endfilter %}"
    )
    shown = "<p><strong>*a*</strong> <em>so</em> <em>X</em></p>"
    assert html.unescape(markdown(render(source, {}))) == shown


FILTERS = (
    "upper", "lower", "trim", "title", "capitalize", "reverse", "replace('1', 'b')",
    "default('d')", "center(9)", "indent(1, true)", "truncate(3)",
)  # fmt: skip
MACROS = (
    "{% macro m(x) %}A{{ x }}{% endmacro %}"
    "{% macro around() %}{{ caller() }}{{ caller() }}{% endmacro %}"
)


class Grammar:
    """Draws templates of everything prose may use that makes text."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def text(self, alphabet: str) -> str:
        return "".join(self._random.choices(alphabet, k=self._random.randint(1, 6)))

    def expression(self, depth: int) -> str:
        one = self._random.choice
        if depth == 0:
            constant = "'" + self.text(PRINTED) + "'"
            return one(("seed", "name", "other", constant, str(self._random.randint(-9, 999))))
        a, b, c = (self.expression(depth - 1) for _ in range(3))
        numbers = ("length", "int", "wordcount")
        return one(
            (
                f"({a} ~ {b})",
                f"(({a}) | string | {one(FILTERS + numbers)})",
                f"([{a}, {b}, {c}] | join('-'))",
                f"({a} if {b} else {c})",
                f"('%s<' | format({a}))",
                f"(({a}) | string + '<')",
                f"(({a}) | string * 2)",
                f"m({a})",
            )
        )

    def block(self, depth: int) -> str:
        if depth == 0:
            return self.text(WRITTEN)
        body = "".join(self.block(depth - 1) for _ in range(self._random.randint(1, 3)))
        value = self.expression(self._random.randint(0, 2))
        one = self._random.choice
        return one(
            (
                f"{{{{ {value} }}}}{body}",
                f"{{% set s %}}{body}{{% endset %}}{{{{ s }}}}{{{{ s | {one(FILTERS)} }}}}",
                f"{{% filter {one(FILTERS)} %}}{body}{{% endfilter %}}",
                f"{{% call around() %}}{body}{{% endcall %}}",
                f"{{% if {value} %}}{body}{{% endif %}}",
                f"{{% for x in [seed, name] %}}{{{{ x }}}}{body}{{% endfor %}}",
            )
        )


@settings(deadline=None, max_examples=60, phases=(Phase.generate,))
@given(st.integers(0, 2**32), st.integers(0, 999), st.text(PRINTED, max_size=5))
def test_any_template_gives_what_plain_jinja_gives(grammar: int, seed: int, name: str) -> None:
    source = MACROS + Grammar(grammar).block(2)
    context = {"seed": seed, "name": name, "other": PRINTED}
    made = rendered_text(source, dict(context))
    assert "".join(made) == plain(source, context)
    written = "".join(span.text for span in made.spans if span.kind == "author")
    assert not set(written) - set(WRITTEN + TRUNCATED), "a value is taken for what the author wrote"

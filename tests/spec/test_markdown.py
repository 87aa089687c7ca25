"""Markdown in pieces: what is code, what is math, what is prose."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fwd_report.spec.markdown import pieces

DOLLARS = {"inline": "$", "display": "$$"}


@settings(deadline=None)
@given(st.text(st.sampled_from('$`~ \n\\ab1<>-!{}#%"=script'), max_size=80))
def test_the_pieces_are_the_source(source: str) -> None:
    found = list(pieces(source))
    assert (
        "".join(DOLLARS.get(p.kind, "") + p.text + DOLLARS.get(p.kind, "") for p in found) == source
    )


@pytest.mark.parametrize(
    ("source", "math"),
    [
        ("a $x_t$ b", ["x_t"]),
        ("$a$, $b$-th", ["a", "b"]),
        ("$$\na\n$$", ["\na\n"]),
        ("over $a +\nb$ lines", ["a +\nb"]),
        ("- item\n\n    $in$ the item", ["in"]),
        ("!!! note\n\n    $in$ the note", ["in"]),
        ("costs $5 and $6", []),
        ("$ a $", []),
        (r"\$a$ b", []),
        ("`$a$` ``b ` $c$``", []),
        ("```\n$a$\n```\n", []),
        ("~~~ python\n$a$\n```\n$b$\n~~~\n", []),
        ("para\n\n    $indented code$\n", []),
        ("<pre>$a$</pre><code>$b$</code><!-- $c$ -->", []),
        ("$a\n\nb$", []),
        ("unclosed ` and $x$", ["x"]),
    ],
)
def test_math(source: str, math: list[str]) -> None:
    assert [piece.text for piece in pieces(source) if piece.kind in ("inline", "display")] == math

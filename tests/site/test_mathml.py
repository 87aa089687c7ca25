"""LaTeX to MathML: what browsers draw, nothing Markdown could touch, errors for the unknown."""

from __future__ import annotations

import html
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown import markdown

from fwd_report.site import mathml
from fwd_report.site.mathml import (
    COMMANDS,
    FormulaError,
    UnknownCommandError,
    markdown_inert,
    to_mathml,
)

ASSIGNMENT = (
    r"x_t = \sqrt{\bar\alpha_t} x_0 + \sqrt{1-\bar\alpha_t}\,\epsilon \sim\mathcal N(0, 1)",
    r"\hat x_0 = (x_t - \sqrt{1-\bar\alpha_t}\,\hat\epsilon) / \sqrt{\bar\alpha_t}",
    r"x_{t'} = \frac{\sqrt{\bar\alpha_{t'}}\beta_t}{1-\bar\alpha_t}\hat x_0 + v_\sigma",
    r"\epsilon = \epsilon_u + \gamma(\epsilon_c - \epsilon_u)",
    r"x_t \leftarrow \mathbf{m} x_t + (1-\mathbf{m})\,\text{forward}(x_{\text{orig}}, t)",
    r"\epsilon = \tfrac12\left(\epsilon_1 + V^{-1}\epsilon_2\right)",
    r"\begin{aligned} \epsilon &= f_{\text{low}}(a) \\ &+ f_{\text{high}}(b) \end{aligned}",
    r"\mathcal{L} = \mathbb{E}_{\epsilon, t}\,\lVert \epsilon_\theta(x_t, t) - \epsilon \rVert^2",
    r"\beta_t = 1 - \alpha_t, \quad \bar\alpha_t = \prod_{s=1}^{t} a_s",
    r"v_\theta(x_t, t, \varnothing), \quad \arg\min_\theta, \quad \operatorname{high} = 1 - x",
)


def parsed(latex: str, display: bool = True) -> ElementTree.Element:
    return ElementTree.fromstring(to_mathml(latex, display))


@pytest.mark.parametrize("latex", ASSIGNMENT)
def test_markdown_leaves_the_assignment_s_formulas_alone(latex: str) -> None:
    math = to_mathml(latex, display=False)
    assert html.unescape(math) in html.unescape(markdown(f"Before <span>{math}</span> after."))
    assert "\\" not in "".join(ElementTree.fromstring(math).itertext())


def test_an_aligned_block_is_a_table_of_right_and_left_columns() -> None:
    math = parsed(r"\begin{aligned} a &= b \\[4pt] c &= d \end{aligned}")
    rows = math.findall(".//mtr")
    assert [[cell.get("style").split(";")[0] for cell in row] for row in rows] == [
        ["text-align: right", "text-align: left"]
    ] * 2


def test_script_letters_are_characters_since_browsers_ignore_mathvariant() -> None:
    assert "".join(parsed(r"\mathcal{N}\mathcal{L}").itertext()) == "𝒩ℒ"


def test_accents_primes_signs_and_functions_are_set_as_tex_sets_them() -> None:
    assert parsed(r"\hat x").find(".//mover").get("accent") == "true"
    assert parsed("t'").find(".//msup") is None
    sign = parsed("[-1, 1]").find(".//mo[.='−']")
    assert (sign.get("form"), sign.get("rspace")) == ("prefix", "0")
    assert parsed(r"a - 1").find(".//mo[.='−']").get("form") is None
    assert parsed(r"\log x").find(".//mspace") is not None
    assert parsed(r"\log(x)").find(".//mspace") is None


@pytest.mark.parametrize("latex", [r"\notacommand x", r"\frac{1", r"\left( x", "{"])
def test_what_is_not_understood_is_an_error_that_names_the_formula(latex: str) -> None:
    with pytest.raises(FormulaError) as caught:
        to_mathml(latex, display=True)
    assert caught.value.latex == latex
    assert latex in str(caught.value)


@pytest.mark.parametrize(
    ("command", "meant"),
    [
        (r"\fracc", r"; did you mean \frac?"),
        (r"\espilon", r"; did you mean \epsilon?"),
        (r"\zzzyyyxxx", ""),
    ],
)
def test_an_unknown_command_is_named_with_what_is_meant(command: str, meant: str) -> None:
    with pytest.raises(UnknownCommandError) as caught:
        to_mathml(rf"{command}{{a}}{{b}}", display=False)
    assert str(caught.value).endswith(f"uses the unknown command {command}{meant}")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_gives_harmless_markup_or_a_formula_error(latex: str) -> None:
    try:
        math = to_mathml(latex, display=False)
    except FormulaError:
        return
    names = {element.tag for element in ElementTree.fromstring(math).iter()}
    assert all(name == "math" or name.startswith("m") for name in names)


@settings(deadline=None)
@given(st.text(st.characters(codec="ascii", categories=["P", "S", "L"]), max_size=40))
def test_inert_text_survives_markdown(text: str) -> None:
    assert html.unescape(markdown(f"a {markdown_inert(text)} b")) == f"<p>a {text} b</p>"


ROOT = Path(__file__).parents[2]
PARTS_OF_OTHERS = frozenset(
    rf"\{name}"
    for name in (
        *("begin", "end", "left", "right", "middle", "bgroup", "egroup", "char", "genfrac"),
        *("global", "tmspace", "x", "errmessage", "message", "show", "d", "t"),
    )
)
"""Names that stand only within other constructs, or print nothing."""
COLOURS = re.compile(r"\\(blue|gold|gray|green|maroon|mint|purple|red|teal|orange|pink|ka)\w*")
FORMS = [
    "{n}",
    "{n} a",
    "{n}{{a}}",
    "{n}{{a}}{{b}}",
    "a {n} b",
    "{n}{{1em}}",
    "{n}{{a}}{{b}}{{c}}",
    r"\left( a {n} b \right)",
    r"\text{{{n}{{a}}}}",
    r"\text{{{n}}}",
    r"\left{n} a \right.",
    "{n}( a",
    "{{a {n} b}}",
    "{n}{{red}}{{a}}",
    r"{n}\sum_a",
    r"\def\zz{{a}} {n}\zy\zz",
    "{n}1em",
    r"{n}\x1{{}}",
    r"{n}\foo{{}}",
    r"\begin{{array}}{{c}}a\\{n} a\end{{array}}",
    "a{n}",
    "{n}{{}}{{}}{{}}{{}}a",
    r"\begin{{array}}{{c}}{n} a\end{{array}}",
    "{n}[1em]{{1em}}{{1em}}",
]
"""Ways to use a name, one of which is right for it."""


@pytest.mark.slow
def test_of_what_katex_knows_the_guide_says_what_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mathml, "_meant", lambda _: None)  # looks through all names each time
    guide = (ROOT / "docs/guide/specs.md").read_text(encoding="utf-8").split("## Math")[1]
    listed = set(
        re.findall(r"\\[A-Za-z]+", guide.split("errors with their line:")[1].split(",")[0])
    )
    names = COMMANDS.read_text(encoding="utf-8").splitlines()[2:]
    failing = {name for name in names if not any(_converts(form, name) for form in FORMS)}
    assert {n for n in failing - PARTS_OF_OTHERS if not COLOURS.fullmatch(n)} == listed


def _converts(form: str, name: str) -> bool:
    try:
        to_mathml(form.format(n=name), display=True)
    except FormulaError:
        return False
    return True


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"\boldsymbol{x}", "𝒙"),
        (r"{\bf m}", "𝐦"),
        (r"\mathbf{m}", "𝐦"),
        (r"\operatorname*{arg\,min}_\theta", "arg\u2009minθ"),
        (r"\texttt{i\_start}", "𝚒_𝚜𝚝𝚊𝚛𝚝"),
        (r"\text{50\%}", "50%"),
        (r"x \tag{3}", "(3)"),
    ],
)
def test_letters_are_drawn_as_written_where_mathvariant_is_ignored(latex: str, shown: str) -> None:
    text = "".join(parsed(latex).itertext()).replace("\u2061", "").replace("\u00a0", " ")
    assert shown in text


def test_a_line_break_of_a_display_begins_a_row() -> None:
    assert len(parsed(r"a \\ b").findall(".//mtr")) == 2
    assert len(parsed(r"a &= b \\ &= c").findall(".//mtr")) == 2

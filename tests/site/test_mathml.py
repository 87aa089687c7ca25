"""LaTeX to MathML: what browsers draw, nothing Markdown could touch, errors for the unknown."""

from __future__ import annotations

import html
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown import markdown

from fwd_report.site.mathml import FormulaError, inert, to_mathml

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
    assert html.unescape(markdown(f"a {inert(text)} b")) == f"<p>a {text} b</p>"

"""Labelled equations have numbers, and references to them are links, across a page's texts."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from tests.helpers.fabricate import Fabric, Sample, picture
from tests.site.conftest import lay_out

from fwd_report.errors import UserError
from fwd_report.site.equations import EquationError
from fwd_report.site.prose import render
from fwd_report.site.publish import build_site
from fwd_report.site.render import render_site

INTRO = r"""
By \eqref{eq:back}, and `\eqref{eq:back}` in code:

$$
x_t = a x_0 + b
\label{eq:forward}
$$

\begin{align}
a &= b \tag{$\ast$} \label{eq:star} \\
c &= d \label{eq:back}
\end{align}

In $\text{50\%}$ of cases $\texttt{i\_start}$ is $\operatorname*{arg\,min}_i L_i$:

$$
\text{50\%} \quad \texttt{i\_start} \quad \operatorname*{arg\,min}_\theta L(\theta)
$$
"""


def written(root: Path, intro: str = INTRO, caption: str = "", discussion: str = "") -> str:
    """The page with these texts, as MkDocs builds it."""
    lay_out(root)
    fabric = Fabric(root)
    entries = [fabric.entry("page", "one", Sample(), picture(0, 8))]
    one = fabric.experiment("one", Sample, entries, caption=caption, discussion=discussion)
    render_site(fabric.report(fabric.section("page", "Page", [one], intro=intro)), root)
    build_site(root, root / "site")
    return (root / "site/report/page/index.html").read_text()


def test_references_from_every_text_lead_to_numbered_equations(tmp_path: Path) -> None:
    page = written(
        tmp_path,
        caption=r"As \eqref{eq:forward} has it, <b>.",
        discussion="So \\ref{eq:forward}, \\eqref{eq:star} and \\eqref{eq:last}.\n\n"
        "$$x \\label{eq:last}$$\n",
    )
    links = re.findall(r'<a class="fwd-eqref" href="#([^"]*)">(.*?)</a>', page)
    assert [(anchor, html.unescape(shown)) for anchor, shown in links] == [
        ("eq-back", "(2)"),
        ("eq-forward", "(1)"),
        ("eq-forward", "1"),
        ("eq-star", "(∗)"),
        ("eq-last", "(3)"),
    ]
    for anchor, number in (("forward", "(1)"), ("back", "(2)"), ("star", "∗"), ("last", "(3)")):
        (shown,) = re.findall(rf'<span id="eq-{anchor}">.*?</math>', page, re.S)
        assert number in html.unescape(re.sub("<[^>]*>", "", shown))
    assert "<code>\\eqref{eq:back}</code>" in page
    assert "&lt;b&gt;" in page
    assert not re.search("[\ue000-\ue00f]", page)


def test_no_backslash_of_a_formula_is_on_the_page(tmp_path: Path) -> None:
    article = written(tmp_path).split("<article", 1)[1].split("</article>")[0]
    for math in re.findall(r"<math.*?</math>", article, re.S):
        assert "\\" not in html.unescape(re.sub("<[^>]*>", "", math))
    text = html.unescape(
        re.sub(r"<code>.*?</code>|<details.*?</details>|<[^>]*>", "", article, flags=re.S)
    )
    assert "\\" not in text
    assert text.count("50%") == text.count("𝚒_𝚜𝚝𝚊𝚛𝚝") == text.count("arg\u2009min") == 2


@pytest.mark.parametrize(
    ("wrong", "message", "excerpt"),
    [
        ("fine\nso \\eqref{eq:backk}", "'eq:backk'", "      so \\eqref{eq:backk}"),
        ("fine\n$$\nx\n\\label{eq:back}\n$$", "label 'eq:back'", "      \\label{eq:back}"),
        ("fine $x \\label{eq:new}$", "only a display", "      fine $x \\label{eq:new}$"),
        ("$$\nx \\label{eq:q}\n\\label{eq:r}\n$$", "two labels", "      \\label{eq:r}"),
    ],
)
def test_a_wrong_label_or_reference_is_an_error_at_its_line(
    tmp_path: Path, wrong: str, message: str, excerpt: str
) -> None:
    with pytest.raises(UserError, match=message) as caught:
        written(tmp_path, discussion=wrong)
    (problem,) = caught.value.problems
    assert problem.excerpt == excerpt


def test_a_printed_value_refers_to_nothing() -> None:
    made = render("$$\nx \\label{a}\n$$\n\n{{ v }} \\eqref{a}", {"v": r"\eqref{a} \ref{b}"})
    assert made.count("fwd-eqref") == 1
    with pytest.raises(EquationError, match="'b'"):
        render("\\ref{b}", {})


def test_a_formula_may_refer_to_equations() -> None:
    made = render(
        "$$a \\label{a}$$\n\n$$b \\text{ by \\eqref{a}}, c \\overset{\\ref{a}}{=} d$$", {}
    )
    assert 'by\N{NO-BREAK SPACE}<a class="fwd-eqref" href="#eq-a">&#40;1&#41;</a></mtext>' in made
    assert '<mtext><a class="fwd-eqref" href="#eq-a">1</a></mtext>' in made
    assert "\u2e28" not in made
    with pytest.raises(EquationError, match="'b'") as caught:
        render("one\n\n$$\nx\n\\eqref{b}\n$$", {})
    assert caught.value.lineno == 5


@pytest.mark.parametrize(
    ("rows", "same"),
    [
        (r"a & = & b \\ c & \le & d", r"a &= b \\ c &\le d"),
        (r"a & = & \frac{b}{c} \nonumber", r"a &= \frac{b}{c}"),
        (
            r"a & = & \begin{matrix} p & q & r \end{matrix}",
            r"a &= \begin{matrix} p & q & r \end{matrix}",
        ),
        (r"a \& b & = & c", r"a \& b &= c"),
        (r"a = b", r"a = b"),
    ],
)
def test_eqnarray_is_align_with_a_mark_more(rows: str, same: str) -> None:
    def made(kind: str, rows: str) -> str:
        written = render(f"\\begin{{{kind}}}\n{rows}\n\\end{{{kind}}}", {})
        return re.sub(r' alttext="[^"]*"', "", written)

    assert made("eqnarray", rows) == made("align", same)
    assert made("eqnarray*", rows) == made("align*", same)


def test_rows_of_eqnarray_have_numbers_of_their_own() -> None:
    text = "\\begin{eqnarray}\na & = & b \\label{a} \\\\\nc & = & d \\label{b}\n\\end{eqnarray}\n\n"
    made = render(text + "\\ref{a} and \\ref{b}", {})
    assert re.findall(r'href="#(eq-.)">(.)<', made) == [("eq-a", "1"), ("eq-b", "2")]

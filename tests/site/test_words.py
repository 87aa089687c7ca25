"""Titles, labels, table cells and alt texts hold math where the author wrote it, and only there."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
import yaml
from tests.helpers.fabricate import Fabric, Sample, Training, picture
from tests.site.conftest import lay_out

from fwd_report.errors import UserError
from fwd_report.figures.gallery import Gallery
from fwd_report.site.publish import build_site
from fwd_report.site.render import render_site
from fwd_report.site.show import blocks
from fwd_report.site.spoken import spoken
from fwd_report.site.titles import label_html, plain_label, plain_title, wrong_words
from fwd_report.spec.load import load_project
from fwd_report.techniques.loss_curves import loss_curve
from fwd_report.techniques.registry import all_techniques
from fwd_report.techniques.words import Words

PROMPT = "it costs $x$ or $5 and $6$"


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        ("x_t", "x_t"),
        (r"\sigma = 0.5", "σ = 0.5"),
        (r"\bar\alpha_{t+1}", "ᾱ_(t + 1)"),
        (r"x_{t'}^2", "x_t′^2"),
        (r"\mathcal{N}(0, \mathbf{I})", "N(0, I)"),
        (r"\hat x_0 = \frac{x_t - \epsilon}{\sqrt{\bar\alpha_t}}", "x̂_0 = (x_t − ϵ)/(√(ᾱ_t))"),
        (r"\sum_{i=1}^n i", "∑_(i = 1)^n i"),
        (r"t \in [-1, 1]", "t ∈ [−1, 1]"),
        (r"50\,\text{\%}", "50 %"),
    ],
)
def test_a_formula_is_read_as_plain_text(latex: str, text: str) -> None:
    assert spoken(latex) == text


def test_dollars_that_are_no_math_stay() -> None:
    assert plain_title("from $5 to $6, \\$7 and $x_0$") == "from $5 to $6, $7 and x_0"


def titled(root: Path, **changes: str) -> str:
    """A built project with math in all of the author's words; the page's Markdown."""
    lay_out(root)
    fabric = Fabric(root)
    technique = Sample(prompt=PROMPT)
    runs = []
    for case in (Words("$\\sigma = 0.5$"), PROMPT):
        axes = {"case": case, "prompt": PROMPT}
        entry = fabric.entry("page", "one", technique, picture(0, 8), axes)
        object.__setattr__(entry, "alt", technique.alt({"case": case}))
        runs.append(entry)
    lost = [
        fabric.entry(
            "page",
            "loss",
            Training(),
            None,
            label="with $\\epsilon_\\theta$",
            series={"loss": [1.0]},
        )
    ]
    words = {"title": "Of $x_t$ & <b>", "section": "Noise $\\bar\\alpha_t$", **changes}
    one = fabric.experiment(
        "one",
        Sample,
        runs,
        title=words["title"],
        caption="See {{ runs.one.title }}. ![at $x_0$](../../a.png)",
        discussion="| $\\lvert x\\rvert$ |\n|---|\n| $|x|$ |\n\n![so $x_0 = 1$](../a.png)\n"
        '<img src="../../a.png" alt="of $x_1$">',
    )
    report = fabric.report(
        fabric.section("page", words["section"], [one, fabric.experiment("loss", Training, lost)])
    )
    (root / "docs/a.png").write_bytes(runs[0].picture().read_bytes())
    render_site(report, root)
    return (root / "docs/report/page.md").read_text()


def test_what_the_author_writes_as_math_is_math_and_a_value_is_not(tmp_path: Path) -> None:
    page = titled(tmp_path)
    labels = re.findall(r'<th scope="row(?:group)?"[^>]*>(.*?)</th>', page)
    assert ["<math" in label for label in labels] == [True, False]
    assert PROMPT in labels[1]
    alts = [html.unescape(alt) for alt in re.findall(r'alt="([^"]*)" class', page)]
    assert alts[0] == f"sample: {PROMPT}, σ = 0.5"
    assert not re.search("[\ue000-\uf8ff]", page)


def test_titles_with_math_are_headings_and_their_readings_navigation(tmp_path: Path) -> None:
    titled(tmp_path)
    nav = yaml.safe_load((tmp_path / "docs/report/_nav.yml").read_text())["nav"]
    assert nav[1] == {"Part A": [{"Noise ᾱ_t": "report/page.md"}]}
    build_site(tmp_path, tmp_path / "site")
    site = (tmp_path / "site/report/page/index.html").read_text()
    assert "<title>Noise ᾱ_t" in site
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", site, re.S)
    assert heading is not None
    assert "<math" in heading[1]
    entry, *_ = re.findall(r'href="#one" class="md-nav__link">(.*?)</a>', site, re.S)
    assert " ".join(re.sub("<[^>]*>", "", entry).split()) == "Of x_t &amp; &lt;b&gt;"
    article = site.split("<article", 1)[1].split("</article>")[0]
    text = html.unescape(re.sub(r"<details.*?</details>|<[^>]*>", "", article, flags=re.S))
    assert "$" not in text.replace(PROMPT, "")
    assert re.findall(r'alt="([^"]*)" src="[^"]*a.png', site) == ["at x_0", "so x_0 = 1"]
    assert 'alt="of x_1"' in site
    assert len(re.findall(r"<t[dh]>.{0,40}<math", article)) == 2
    cards = (tmp_path / "site/index.html").read_text()
    assert re.search(r"<strong>Noise <span class=\"fwd-math\"><math", cards)


@pytest.mark.parametrize(("field", "place"), [("title", "one"), ("section", "page")])
def test_a_wrong_formula_in_a_title_is_an_error_of_its_file(
    tmp_path: Path, field: str, place: str
) -> None:
    with pytest.raises(UserError, match=r"unknown command \\wrong") as caught:
        titled(tmp_path, **{field: "$\\wrong$"})
    problem = caught.value.problems[0]
    assert problem.file == Path("experiments/page.yaml")
    excerpt = f"  - id: {place}" if field == "title" else "title: $\\wrong$"
    assert problem.excerpt == excerpt


SECTION = r"""title: Noise
experiments:
  - id: levels
    technique: sample
    label: $\wrong$
    caption: Levels.
    cases:
      - {prompt: at $t$ or $u$, steps: 5}
      - {prompt: a dog, steps: 9, label: "$x_t$, $\\bad$"}
"""


def test_a_case_s_label_is_the_author_s_and_its_values_are_not(tmp_path: Path) -> None:
    folder = tmp_path / "experiments"
    folder.mkdir()
    (folder / "report.yaml").write_text("title: A report\n")
    (folder / "noise.yaml").write_text(SECTION)
    project = load_project(tmp_path, None, (), all_techniques())
    (experiment,) = project.sections[0].experiments
    alts = [variant.technique.alt(variant.axes) for variant in experiment.variants]
    assert plain_label(alts[0]) == "sample: at $t$ or $u$, at $t$ or $u$, steps 5"
    assert plain_label(alts[1]) == "sample: a dog, x_t, $\\bad$"
    problems = list(wrong_words(project))
    commands = (r"\wrong", r"\bad")
    found = [(p.line, command in p.message) for p, command in zip(problems, commands, strict=True)]
    assert found == [(5, True), (9, True)]


def test_a_chart_s_legend_and_its_description_hold_the_label_s_math(tmp_path: Path) -> None:
    fabric = Fabric(tmp_path)
    runs = [
        fabric.entry("page", name, Training(), None, label=label, series={"loss": [1.0, 0.5]})
        for name, label in (("one", "with $\\epsilon_\\theta$"), ("two", PROMPT[:3]))
    ]
    curve = loss_curve(runs)
    (block,) = blocks([curve], Gallery(tmp_path / "figures"))
    assert 'aria-label="training loss by step: with ϵ_θ ends at 0.5000' in block["svg"]
    assert "<math" in label_html(block["legend"][0][0])

"""A render that takes pages from earlier ones writes what a render from nothing writes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from tests.helpers.another_process import as_another_process
from tests.site.conftest import lay_out

from fwd_report.build import Options, build
from fwd_report.errors import UserError
from fwd_report.site import converter, page

FOLDER = ".fwd-report/memory"
REPORT = "title: A small report\nauthor: Ada\nrubric: rubrics/own.yaml\n"
RUBRIC = """\
title: An assignment
items:
  - id: "1"
    title: Noise
    text: Noise at 250.
    show: [{technique: [forward], values: {t: [250]}, parts: [grid]}]
"""
NOISE = """\
title: Noise
order: 10
covers: ["1"]
intro: |
  $$x_t = a x_0 + b \\label{eq:noise}$$

  By \\eqref{eq:noise}, and by \\eqref{eq:blur}.
experiments:
  - id: dot
    technique: forward
    title: A dot
    image: experiments/images/dot.png
    sweep: {t: [250, 500]}
    caption: More and more noise.
  - id: other
    technique: forward
    image: experiments/images/dot.png
    t: 900
    caption: Noise alone.
"""
BLUR = """\
title: Blur
order: 20
intro: |
  As {{ report.noise.dot.figure }} with its {{ report.noise.dot | length }} pictures, $\\sigma = 1$.
  Its PSNR is {{ report["noise"].dot[0].metrics.psnr | round(2) }} dB.

  $$y = x \\label{eq:blur}$$
experiments:
  - id: blurred
    technique: blur
    image: experiments/images/dot.png
    t: 250
    caption: Blurred.
"""
BOTH = """\
title: Both
order: 30
experiments:
  - id: side
    technique: compare
    of: [noise.dot, blur.blurred]
    caption: Side by side, by \\eqref{eq:noise}.
"""
ALONE = """\
title: Alone
order: 40
experiments:
  - id: alone
    technique: forward
    image: experiments/images/dot.png
    t: 300
    caption: 'This report has $x$, {% set all = report %}{{ all.blur.blurred.figure }}.'
"""
SECTIONS = {"noise": NOISE, "blur": BLUR, "both": BOTH, "alone": ALONE}


def edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        path = root / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return change


def add_section(root: Path) -> None:
    text = NOISE.replace("order: 10", "order: 15").replace("eq:", "eq:more-")
    (root / "experiments/more.yaml").write_text(text.replace("more-blur", "blur"))


def rename_figure(root: Path) -> None:
    for name in SECTIONS:
        path = root / f"experiments/{name}.yaml"
        text = path.read_text().replace("id: dot", "id: spot").replace("noise.dot", "noise.spot")
        path.write_text(text.replace('"noise"].dot', '"noise"].spot'))


EDITS = {
    "a caption": edit("experiments/noise.yaml", "More and more", "Ever more"),
    "a caption with a new formula": edit("experiments/both.yaml", "Side", "At $\\pi$, side"),
    "a seed": edit("experiments/noise.yaml", "    t: 900", "    t: 900\n    seed: 12"),
    "the seed of all": edit("experiments/report.yaml", "author: Ada", "author: Ada\nseed: 4"),
    "a swept value": edit("experiments/noise.yaml", "[250, 500]", "[250, 500, 750]"),
    "a title that others print": edit("experiments/noise.yaml", "title: Noise", "title: Hiss"),
    "a label that others show": edit("experiments/noise.yaml", "title: A dot", "title: A spot"),
    "a label of a compared one": edit(
        "experiments/blur.yaml", "technique: blur", "technique: blur\n    label: softened"
    ),
    "an order": edit("experiments/blur.yaml", "order: 20", "order: 5"),
    "a figure that is hidden": edit(
        "experiments/noise.yaml", "    title: A dot", "    title: A dot\n    show: false"
    ),
    "metrics hidden": edit(
        "experiments/blur.yaml", "technique: blur", "technique: blur\n    metrics: false"
    ),
    "an equation before another": edit(
        "experiments/noise.yaml", "intro: |\n", "intro: |\n  $$a \\label{eq:first}$$\n\n"
    ),
    "an equation that moves": lambda root: [  # type: ignore[dict-item]
        edit("experiments/noise.yaml", "\\label{eq:noise}$$", "$$")(root),
        edit("experiments/both.yaml", "order: 30", "order: 30\nintro: |\n"
             "  $$x \\label{eq:one}$$\n\n  $$x \\label{eq:noise}$$")(root),
    ],
    "a template": edit("site_templates/section.md", "Made by", "Written by"),
    "a style": edit("site_templates/assets/report.css", ":root", "/* mine */ :root"),
    "the rubric": edit("rubrics/own.yaml", "Noise at 250.", "Noise at any time."),
    "no rubric": edit("experiments/report.yaml", "rubric: rubrics/own.yaml", "rubric: none"),
    "the title of all": edit("experiments/report.yaml", "A small report", "A report"),
    "mkdocs.yml": edit("mkdocs.yml", "navigation.footer", "navigation.tabs"),
    "a section more": add_section,
    "a section less": lambda root: (root / "experiments/alone.yaml").unlink(),
    "a figure that others link to": rename_figure,
    "a page of one's own": lambda root: (root / "docs/mine.md").write_text("# Mine\n") and None,
    "a picture that is drawn otherwise": lambda root: Image.new("RGB", (64, 64), "teal").save(
        root / "experiments/images/dot.png"
    ),
    "a file of the pages deleted": lambda root: next(
        iter((root / "docs/report/figures").iterdir())
    ).unlink(),
}  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = lay_out(tmp_path_factory.mktemp("built"))
    (root / "experiments/images").mkdir(parents=True)
    (root / "rubrics").mkdir()
    (root / "experiments/report.yaml").write_text(REPORT)
    (root / "rubrics/own.yaml").write_text(RUBRIC)
    for name, text in SECTIONS.items():
        (root / f"experiments/{name}.yaml").write_text(text)
    Image.new("RGB", (64, 64), "orange").save(root / "experiments/images/dot.png")
    build(root, Options())
    return root


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "project")


def contents(root: Path) -> dict[str, bytes]:
    folder = root / "docs" / "report"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def from_nothing(root: Path) -> dict[str, bytes]:
    """The pages, made with nothing but the results."""
    shutil.rmtree(root / "docs/report")
    shutil.rmtree(root / FOLDER)
    as_another_process()
    (root / ".fwd-report/pages.json").unlink()
    build(root, Options())
    return contents(root)


@pytest.mark.parametrize("what", EDITS)
def test_pages_are_what_a_render_from_nothing_writes(project: Path, what: str) -> None:
    before = contents(project)
    EDITS[what](project)
    build(project, Options())
    after = contents(project)
    assert after == from_nothing(project)
    assert (after == before) == (what in ("mkdocs.yml", "a file of the pages deleted"))


def test_edits_upon_edits_and_back(project: Path) -> None:
    before = contents(project)
    for what in ("a caption", "an equation before another", "the title of all", "a section more"):
        EDITS[what](project)
        build(project, Options())
    assert contents(project) == from_nothing(project)
    (project / "experiments/more.yaml").unlink()
    for name, text in SECTIONS.items():
        (project / f"experiments/{name}.yaml").write_text(text)
    (project / "experiments/report.yaml").write_text(REPORT)
    build(project, Options())
    assert contents(project) == before


def test_a_caption_costs_its_page_alone_and_no_converter(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    write = page.section_page
    monkeypatch.setattr(
        page, "section_page", lambda *a: written.append(a[1].spec.name) or write(*a)
    )
    monkeypatch.setattr(converter.Converter, "_start", lambda _: pytest.fail("V8 was started"))
    EDITS["a caption"](project)
    build(project, Options())
    # "alone" looks at the whole report, by another name; a figure's caption is no part of it.
    assert written == ["noise"]
    EDITS["a title that others print"](project)
    build(project, Options())
    assert written[1:] == ["noise", "blur", "both", "alone"]


def test_what_is_kept_and_damaged_is_made_again(project: Path) -> None:
    whole = contents(project)
    as_another_process()
    for path in (project / FOLDER).glob("??/*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-3] + b"}}}")
    shutil.rmtree(project / "docs/report")
    build(project, Options())
    assert contents(project) == whole


def test_where_nothing_can_be_kept_pages_are_made_all_the_same(project: Path) -> None:
    as_another_process()
    shutil.rmtree(project / FOLDER)
    (project / FOLDER).write_text("in the way")
    EDITS["a caption"](project)
    build(project, Options())
    assert b"Ever more" in contents(project)["noise.md"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\\eqref{eq:gone}", r"'eq:gone', which no \\label names.*eq:noise \(noise\)"),
        ("\\eqref{eq:noise}\n\n  $$z \\label{eq:blur}$$", "have: give one another name"),
    ],
)
def test_an_equation_that_no_page_has_or_two_have_is_an_error_at_its_line(
    project: Path, text: str, message: str
) -> None:
    edit("experiments/both.yaml", "order: 30\n", f"order: 30\nintro: |\n  {text}\n")(project)
    with pytest.raises(UserError, match=message) as caught:
        build(project, Options())
    (problem,) = caught.value.problems
    assert "\\eqref{eq:" in problem.excerpt


def test_a_reference_leads_to_the_other_page(project: Path) -> None:
    page = contents(project)["noise.md"].decode()
    assert '<a class="fwd-eqref" href="../blur/#eq-blur">&#40;1&#41; of Blur</a>' in page


def test_links_in_circles_among_the_templates_are_passed_over(project: Path) -> None:
    templates = project / "site_templates"
    (templates / "up").symlink_to(templates)
    (templates / "itself").symlink_to("itself")
    elsewhere = project / "elsewhere"
    elsewhere.mkdir()
    (templates / "linked").symlink_to(elsewhere)
    build(project, Options())
    before = _inputs(project)
    (elsewhere / "mine.md").write_text("A template behind a link.")
    build(project, Options())
    assert _inputs(project) != before
    assert contents(project) == from_nothing(project)


def _inputs(project: Path) -> object:
    return json.loads((project / "docs/report/_stamp.json").read_bytes())["inputs"]

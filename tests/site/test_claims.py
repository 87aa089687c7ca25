"""What a section claims to cover is held against its experiments; the page says what holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page
from tests.helpers.planned import planned_report
from tests.site.conftest import lay_out

from fwd_report.site.claims import claim_findings, claims
from fwd_report.site.publish import build_site
from fwd_report.site.render import render_site
from fwd_report.site.results import ReportResult
from fwd_report.site.rubric_page import rubric_page
from fwd_report.spec.load import load_project
from fwd_report.spec.rubric import load_rubric

STARTER = Path(__file__).parents[2]
PICTURES = ("dog", "cat", "tower")
TIMES = "sweep: {t: [250, 500, 750]}"
STARTS = "sweep: {i_start: [1, 3, 5, 7, 10, 20]}"


def report(root: Path, sections: dict[str, str], rubric: str = "cs180-fa24") -> ReportResult:
    """A report whose sections are written as `covers` and experiments."""
    folder = root / "experiments"
    folder.mkdir(exist_ok=True)
    for name in PICTURES:
        Image.new("RGB", (64, 64)).save(root / f"{name}.png")
    (folder / "report.yaml").write_text(f"title: A report\nauthor: Ada\nrubric: {rubric}\n")
    for name, text in sections.items():
        (folder / f"{name}.yaml").write_text(f"title: {name}\nintro: The seed is chosen.\n{text}")
    return planned_report(load_project(root), root / ".fwd-report")


def covering(item: str, *experiments: str) -> str:
    listed = [f"  - {{id: e{n}, caption: A., {text}}}\n" for n, text in enumerate(experiments)]
    return f'covers: ["{item}"]\nexperiments:\n{"".join(listed)}'


def lacks(root: Path, item: str, *experiments: str, rubric: str = "cs180-fa24") -> list[str]:
    """What the check says of a section's claim to cover an item."""
    made = report(root, {"a": covering(item, *experiments)}, rubric)
    return [
        finding.message for finding in claim_findings(made) if finding.file == "experiments/a.yaml"
    ]


HYBRID = "technique: hybrid, low: a skull, high: waterfalls"
DENOISER = "technique: train, objective: denoiser, epochs: 5"


@pytest.mark.parametrize(
    ("item", "experiments", "lack"),
    [
        ("1.9", [], "shows no hybrid"),
        ("1.9", [HYBRID], "hybrid has 1 of 2 different values of low"),
        ("1.9", [HYBRID, f"{HYBRID}, samples: 5"], "1 of 2 different values of low"),
        ("1.9", [HYBRID, "technique: hybrid, low: a dog, high: a cat, show: false"], "1 of 2"),
        ("1.9", [f"technique: forward, image: dog.png, {TIMES}"], "shows no hybrid"),
        ("1.1", ["technique: forward, image: dog.png, sweep: {t: [250, 500]}"], "lacks t = 750"),
        ("1.2", [f"technique: forward, image: dog.png, {TIMES}"], "shows no blur"),
        ("1.4", ["technique: iterative, image: dog.png"], "shows no one_step; shows no blur"),
        ("1.5", ["technique: sample, prompt: a dog, guidance: 1"], "shows 1 run of sample"),
        ("1.5", ["technique: sample, prompt: a dog, guidance: 7, samples: 5"], "shows no sample"),
        ("1.6", ["technique: sample, prompt: a dog, guidance: 1, samples: 5"], "guidance above 1"),
        (
            "0",
            ["technique: sample, prompt: a dog, guidance: 7"],
            "1 of 3 different values of prompt",
        ),
        ("0", ["technique: sample, prompt: a dog, guidance: 7"], "shows no upsample"),
        (
            "1.7",
            [f"technique: sdedit, image: {name}.png, {STARTS}" for name in ("dog", "cat")],
            "sdedit has 2 of 3 different values of image",
        ),
        (
            "1.7",
            [
                *(f"technique: sdedit, image: {name}.png, {STARTS}" for name in ("dog", "cat")),
                "technique: sdedit, image: tower.png, sweep: {i_start: [1, 3, 5, 7, 10]}",
            ],
            "lacks i_start = 20 for tower.png",
        ),
        (
            "1.7.3",
            [f"technique: sdedit, image: {name}.png, {STARTS}" for name in PICTURES],
            "prompt other than a high quality photo",
        ),
        (
            "B1.2.1",
            [DENOISER, "technique: denoise, sigma: 0.5, model: e0"],
            "denoise with objective denoiser, pure_noise False lacks epoch 1",
        ),
        (
            "B2.5",
            [
                "technique: train, objective: ddpm, conditioning: class, epochs: 20",
                "technique: sample, model: e0, guidance: 5, samples: 4, "
                "sweep: {digit: [0, 1], model: [e0@5, e0@20]}".replace("model: e0, ", ""),
            ],
            "2 of 10 different values of digit",
        ),
    ],
)
def test_a_claim_that_does_not_hold_is_found(
    tmp_path: Path, item: str, experiments: list[str], lack: str
) -> None:
    (message,) = lacks(tmp_path, item, *experiments)
    assert message.startswith(f"covers {item}, but ")
    assert lack in message


@pytest.mark.parametrize(
    ("item", "experiments"),
    [
        ("1.9", [HYBRID, "technique: hybrid, low: a dog, high: a cat"]),
        (
            "1.9",
            ["technique: hybrid, cases: [{low: a dog, high: a cat}, {low: a sun, high: a lion}]"],
        ),
        ("1.1", ["technique: forward, image: dog.png, sweep: {t: [0, 250, 500, 750, 900]}"]),
        (
            "1.1",
            [f"technique: forward, image: dog.png, t: {t}" for t in (250, 500, 750)],
        ),
        (
            "1.4",
            [
                "technique: iterative, image: dog.png",
                "technique: blur, image: dog.png, t: 690, show: false",
                "technique: one_step, image: dog.png, t: 690, show: false",
                "technique: compare, of: [e1, e2, e0]",
            ],
        ),
        ("1.5", ["technique: sample, prompt: a dog, guidance: 1, samples: 5"]),
        (
            "1.7",
            [f"technique: sdedit, {STARTS}, cases: [{{image: dog.png}}, {{image: cat.png}}, "
             "{image: tower.png}]"],
        ),
        (
            "B1.2.1",
            [DENOISER, "technique: denoise, sigma: 0.5, sweep: {model: [e0@1, e0]}"],
        ),
    ],
)  # fmt: skip
def test_a_claim_that_holds_is_not(tmp_path: Path, item: str, experiments: list[str]) -> None:
    assert lacks(tmp_path, item, *experiments) == []


def test_a_figure_of_another_sections_results_shows_none_of_a_hidden_one(tmp_path: Path) -> None:
    hidden = f"technique: forward, image: dog.png, {TIMES}"
    made = report(
        tmp_path,
        {
            "a": covering("1.1", f"{hidden}, show: false", "technique: compare, of: [b.e0]"),
            "b": f"experiments:\n  - {{id: e0, caption: A., {hidden}}}\n",
        },
    )
    found = [item.message for item in claim_findings(made) if item.file == "experiments/a.yaml"]
    assert any("shows no forward" in message for message in found), found


def test_sections_may_cover_an_item_together(tmp_path: Path) -> None:
    made = report(
        tmp_path,
        {
            "a": covering("1.9", HYBRID),
            "b": covering("1.9", "technique: hybrid, low: a dog, high: a cat"),
        },
    )
    assert not any(finding.file == "experiments/a.yaml" for finding in claim_findings(made))


def test_what_no_section_covers_is_demanded_of_the_parts_that_are_begun(tmp_path: Path) -> None:
    made = report(tmp_path, {"a": covering("1.8", "technique: anagram, prompt: a, flipped: b")})
    messages = [finding.message for finding in claim_findings(made)]
    assert "no section covers 1.9 (two hybrid images, near and far)" in messages
    assert not any("B1.1" in message for message in messages)


@pytest.mark.parametrize("rubric", ["none", "mine.yaml"])
def test_what_an_assignment_does_not_ask_is_not_demanded(tmp_path: Path, rubric: str) -> None:
    (tmp_path / "mine.yaml").write_text(
        'title: Mine\nitems: [{id: "x", title: X, text: x, show: [{technique: [hybrid]}]}]\n'
    )
    made = report(tmp_path, {"a": covering("x", HYBRID)}, rubric)
    assert list(claim_findings(made)) == []


def test_claims_without_a_rubric_are_said_to_be_held_to_nothing(tmp_path: Path) -> None:
    report(tmp_path, {"a": covering("1.9", HYBRID)})
    (tmp_path / "experiments" / "report.yaml").write_text("title: A report\nauthor: Ada\n")
    made = planned_report(load_project(tmp_path), tmp_path / ".fwd-report")
    (warning,) = claim_findings(made)
    assert warning.severity == "warning"
    assert warning.message.startswith("a: `covers` is held to nothing")


def test_text_that_an_item_asks_for(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        'title: Mine\nitems: [{id: "x", title: X, text: x, says: [the colour], words: 9}]\n'
    )
    (message,) = lacks(tmp_path, "x", HYBRID, rubric="mine.yaml")
    assert message == "covers x, but its text does not say “the colour”; its text has 5 words of 9"


@pytest.mark.parametrize("profile", ["embedded", "gpu"])
@pytest.mark.parametrize("rubric", ["cs180-fa24", "cs180-fa25"])
def test_the_starter_answers_both_editions(tmp_path: Path, profile: str, rubric: str) -> None:
    made = planned_report(load_project(STARTER, profile), tmp_path)
    asked = load_rubric(rubric, STARTER, [], {})
    assert asked is not None
    assert [claim.item.id for claim in claims(made, asked) if not claim.holds] == []
    assert made.project.report.rubric == "cs180-fa25"


def test_the_page_has_each_item_with_its_figures_and_whether_it_holds(tmp_path: Path) -> None:
    made = report(
        tmp_path,
        {
            "a": covering("1.9", HYBRID, "technique: hybrid, low: a dog, high: a cat"),
            "b": covering("1.1", "technique: forward, image: dog.png, t: 250"),
        },
    )
    page, rows = deliverables(complete(made))
    assert "[Figure 1](a.md#fig-e0), [Figure 2](a.md#fig-e1)" in rows["1&#46;9"]
    assert rows["1&#46;9"].endswith("| yes |")
    assert "not yet: forward lacks t &#61; 500&#44; 750" in rows["1&#46;1"]
    assert rows["1&#46;8"].endswith("| not covered |")
    assert "1 of 22 are shown here" in page


def test_what_has_not_run_is_not_shown(tmp_path: Path) -> None:
    both = [HYBRID, "technique: hybrid, low: a dog, high: a cat"]
    made = report(tmp_path, {"a": covering("1.9", *both)})
    page, rows = deliverables(made)
    assert rows["1&#46;9"].endswith("| not run yet |")
    assert "0 of 22 are shown here" in page
    assert not [item for item in claim_findings(made) if item.file == "experiments/a.yaml"]
    page, rows = deliverables(complete(made, without=("e1",)))
    assert rows["1&#46;9"].endswith("| not run yet |")

    enough = report(tmp_path, {"a": covering("1.9", *both, "technique: hybrid, low: x, high: y")})
    page, rows = deliverables(complete(enough, without=("e1",)))
    assert rows["1&#46;9"].endswith("| yes |")
    assert "1 of 22 are shown here" in page


def test_the_front_page_says_of_how_many_figures_results_are_missing(tmp_path: Path) -> None:
    lay_out(tmp_path)
    render_site(report(tmp_path, {"a": covering("1.9", HYBRID)}), tmp_path)
    assert (
        "1 figure, 1 not complete, deliverable" in (tmp_path / "docs/report/_front.md").read_text()
    )


def complete(made: ReportResult, without: tuple[str, ...] = ()) -> ReportResult:
    """The report as it is once all has run but some experiments."""
    sections = [
        replace(
            section,
            experiments=tuple(
                result if result.spec.id in without else replace(result, absence=None)
                for result in section.experiments
            ),
        )
        for section in made.sections
    ]
    return replace(made, sections=tuple(sections))


def deliverables(made: ReportResult) -> tuple[str, dict[str, str]]:
    """The page, and its rows by item."""
    assert made.project.rubric is not None
    page = rubric_page(made, made.project.rubric)
    return page, {line.split("|")[1].strip(): line for line in page.splitlines() if line[:1] == "|"}


def test_the_page_fits_a_phone(tmp_path: Path, page: Page) -> None:
    lay_out(tmp_path)
    made = report(tmp_path, {"a": covering("1.9", HYBRID)})
    render_site(made, tmp_path)
    build_site(tmp_path, tmp_path / "site")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto((tmp_path / "site/report/deliverables/index.html").as_uri())
    cells = page.locator(".fwd-rubric td")
    assert cells.count() > 40
    edges = cells.evaluate_all("cells => cells.map(cell => cell.getBoundingClientRect().right)")
    assert max(edges) <= 390

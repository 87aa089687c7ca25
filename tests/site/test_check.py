"""The check finds what five published writeups left in, and passes what is sound."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.helpers.fabricate import Fabric, Forward, Sample, picture
from tests.helpers.planned import planned_report

from fwd_report.site.check import (
    Finding,
    check,
    errors_of,
    findings_as_json,
    findings_as_text,
)
from fwd_report.site.render import render_site
from fwd_report.site.results import ReportResult
from fwd_report.spec.load import load_project
from fwd_report.spec.project import Project


@pytest.fixture
def fabric(tmp_path: Path) -> Fabric:
    (tmp_path / "docs").mkdir()
    return Fabric(tmp_path)


def findings(
    fabric: Fabric,
    intro: str = "An intro.",
    guide: str = "",
    alt: str | None = None,
    **prose: str,
) -> list[Finding]:
    """What the check says of a page with a forward experiment at t = 250, 500, 750."""
    times = (250, 500, 750)
    entries = [fabric.entry("a", "noised", Forward(t=t), picture(t, 8), {"t": t}) for t in times]
    if alt is not None:
        for entry in entries:
            object.__setattr__(entry, "alt", alt)
    experiment = fabric.experiment("noised", Forward, entries, **prose)
    section = fabric.section("a", "A", [experiment], intro=intro)
    report = fabric.report(section)
    if guide:
        (fabric.root / "docs" / "guide.md").write_text(guide)
    render_site(report, fabric.root)
    return check(report, fabric.root)


def load_project_of(fabric: Fabric) -> Project:
    (fabric.root / "experiments" / "report.yaml").write_text("title: A report\nauthor: Ada\n")
    return load_project(fabric.root)


def planned(project: Project) -> ReportResult:
    return planned_report(project, project.root / ".fwd-report")


def kinds(found: list[Finding]) -> list[str]:
    return [finding.kind for finding in found]


def test_a_sound_report_has_nothing_to_mend(fabric: Fabric) -> None:
    found = findings(
        fabric,
        intro="!!! note\n\n    `TODO` is code, $a!!$ is math, todo lists are words.\n",
        caption="Noised to $t = 250$, t = 500, 750.",
        discussion="See {{ runs.noised.figure }}. Later, x = 3 and $\\alpha = 0.5$.",
        guide="# Guide\n\n[The page](report/a.md#fig-noised) and [this](#guide).\n",
    )
    assert found == []
    assert findings_as_text(found) == "nothing to mend"


@pytest.mark.parametrize(
    "left",
    [
        "make it all t=690!!",
        "TODO: write",
        "the seed is SEED_HERE",
        "Lorem ipsum dolor",
        "it works (explain why)",
        "blah blah",
        "MAKE A BETTER ONE",
        "FIXME",
    ],
)
@pytest.mark.parametrize("place", ["intro", "caption", "discussion"])
def test_placeholders_are_found(fabric: Fabric, place: str, left: str) -> None:
    found = findings(fabric, **{place: f"Fine so far.\n\n{left}"})
    assert "placeholder" in kinds(found)
    assert found[0].file == "experiments/a.yaml"
    assert found[0].line > 1


@pytest.mark.parametrize("left", [r"$\frac{1}{2} $", r"Or \(x^2\)?", r"All \epsilon."])
def test_latex_that_stays_text_is_found(fabric: Fabric, left: str) -> None:
    found = findings(fabric, intro=f"Fine so far.\n\n{left}")
    assert "math" in kinds(found)
    assert "math" not in kinds(findings(fabric, intro=r"Fine: $\frac{1}{2}$, `\frac`."))


@pytest.mark.parametrize("place", ["intro", "caption"])
def test_empty_prose_is_found(fabric: Fabric, place: str) -> None:
    assert kinds(findings(fabric, **{place: "  "})) == ["empty"]


@pytest.mark.parametrize(
    ("caption", "number"),
    [
        ("The image at t = 700.", "700"),
        ("At $t = 700$.", "700"),
        ("At t=250, 500 and 900.", "900"),
        ("`t` = 251", "251"),
    ],
)
def test_a_number_no_run_has_is_found(fabric: Fabric, caption: str, number: str) -> None:
    (found,) = findings(fabric, caption=caption)
    assert found.kind == "contradiction"
    assert f"says t = {number}, but its runs have 250, 500, 750" in found.message


def test_missing_results_and_pictures_without_words_are_found(fabric: Fabric) -> None:
    assert "alt" in kinds(findings(fabric, alt=" "))
    section = fabric.section(
        "b", "B", [fabric.experiment("x", Sample, [], absence="out of memory")], intro="Hm."
    )
    found = check(fabric.report(section), fabric.root)
    assert "x is not complete: out of memory" in found[0].message


def test_figures_of_a_section_that_have_not_run_share_a_line(fabric: Fabric) -> None:
    findings(fabric)  # builds the pages
    absences = {"x": "not run yet", "y": "3 runs have not run yet", "z": "not run yet"}
    shown = [fabric.experiment(name, Sample, [], absence=why) for name, why in absences.items()]
    found = check(fabric.report(fabric.section("b", "B", shown, intro="Hm.")), fabric.root)
    (missing,) = (finding for finding in found if finding.kind == "missing")
    assert missing.by == "build"
    assert str(missing).endswith(
        ": error: x, z are not complete: not run yet; y is not complete: 3 runs have not run yet"
    )


@pytest.mark.parametrize(
    ("guide", "dead"),
    [
        ("[x](report/b.md)", "report/b.md"),
        ("[x](report/a.md#nowhere)", "report/a.md#nowhere"),
        ("![x](bair1.jpg)", "bair1.jpg"),
        ("![x](C:\\\\images\\\\a.png)", "C:"),
        ('<img src="../missing.png" alt="x">', "missing.png"),
        ("[x](../../outside.md)", "outside.md"),
        ("[x][y]\n\n[y]: gone.md", "gone.md"),
    ],
)
def test_dead_links_are_found(fabric: Fabric, guide: str, dead: str) -> None:
    (found,) = findings(fabric, guide=guide)
    assert found.kind == "dead-link"
    assert found.file == "docs/guide.md"
    assert dead in found.message


def test_links_in_code_and_to_other_sites_are_left_alone(fabric: Fabric) -> None:
    assert findings(fabric, guide="`[x](gone.md)` [web](https://example.org/x)\n") == []


def test_what_was_left_in_hand_written_pages_is_found(fabric: Fabric) -> None:
    (found,) = findings(fabric, guide="---\ntitle: TODO\n---\n# Guide\n\n[insert image here]\n")
    assert (found.kind, found.file, found.line) == ("placeholder", "docs/guide.md", 6)


def test_pictures_without_alternative_text_in_hand_written_pages_are_found(fabric: Fabric) -> None:
    assert len(findings(fabric, guide="![](report/figures/)")) >= 1


def test_json_has_what_a_tool_needs() -> None:
    import json

    found = [Finding("empty", "no caption", "experiments/a.yaml", 7)]
    assert json.loads(findings_as_json(found)) == [
        {
            "kind": "empty",
            "message": "no caption",
            "file": "experiments/a.yaml",
            "line": 7,
            "severity": "error",
            "by": "writer",
        }
    ]


def test_findings_are_printed_without_what_a_terminal_would_obey() -> None:
    found = [Finding("placeholder", "placeholder '\x1b[2J'", "experiments/a.yaml", 7)]
    assert "\x1b" not in findings_as_text(found)


def test_warnings_are_told_from_what_keeps_a_report_from_being_published(fabric: Fabric) -> None:
    found = findings(fabric, discussion="At t = 700 little is left of the tower.")
    (warning,) = found
    assert warning.severity == "warning"
    assert str(warning).startswith("experiments/a.yaml:9: warning: the discussion of noised says")
    assert errors_of(found) == []
    text = findings_as_text(found)
    assert "nothing to mend, 1 to look at" in text
    assert "{# meant #}" in text


def test_before_the_first_build_one_line_says_so(fabric: Fabric) -> None:
    sections = [
        fabric.section(
            name,
            name,
            [fabric.experiment(f"x{i}", Sample, [], absence="not run yet") for i in range(9)],
            intro="An intro, see [Figure 1](#fig-x1).",
        )
        for name in ("a", "b", "c")
    ]
    found = check(fabric.report(*sections), fabric.root)
    assert [str(finding) for finding in found] == [
        "docs/report: error: nothing is built yet: run fwd-report build"
    ]


def test_a_page_that_was_removed_or_is_stale_is_found(fabric: Fabric) -> None:
    assert findings(fabric) == []
    (fabric.root / "docs" / "report" / "a.md").unlink()
    section = fabric.section(
        "a", "A", [fabric.experiment("x", Sample, [], absence="not run yet")], intro="Hm."
    )
    found = check(fabric.report(section), fabric.root)
    assert kinds(found) == ["missing", "stale"]


def test_the_line_is_the_author_s_also_in_folded_text(fabric: Fabric) -> None:
    section = fabric.section("a", "A", [], intro="x")
    section.spec.file.write_text(
        "title: A\nintro: >-\n  Fine so far, and\n  fine here.\n\n  TODO: the rest.\n"
    )
    project = load_project_of(fabric)
    (found,) = [
        finding for finding in check(planned(project), fabric.root) if finding.kind == "placeholder"
    ]
    assert (found.file, found.line) == ("experiments/a.yaml", 6)

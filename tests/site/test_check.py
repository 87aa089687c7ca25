"""The check finds what five published writeups left in, and passes what is sound."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.site.fabricate import Fabric, Forward, Sample, picture

from fwd_report.site.check import Finding, check, findings_as_json, findings_as_text

PART_A = ()
from fwd_report.site.render import render_site

COVERED = tuple(PART_A)


@pytest.fixture
def fabric(tmp_path: Path) -> Fabric:
    (tmp_path / "docs").mkdir()
    return Fabric(tmp_path)


def findings(
    fabric: Fabric,
    intro: str = "An intro.",
    covers: tuple[str, ...] = COVERED,
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
    section = fabric.section("a", "A", [experiment], covers=covers, intro=intro)
    report = fabric.report(section)
    if guide:
        (fabric.root / "docs" / "guide.md").write_text(guide)
    render_site(report, fabric.root)
    return check(report, fabric.root)


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
        "b", "B", [fabric.experiment("x", Sample, [], failure="out of memory")], intro="Hm."
    )
    found = check(fabric.report(section), fabric.root)
    assert "x is not complete: out of memory" in found[0].message


def test_uncovered_deliverables_are_named(fabric: Fabric) -> None:
    found = findings(fabric, covers=tuple(name for name in COVERED if name != "1.8"))
    assert [finding.message for finding in found] == [
        "no section covers 1.8 (two visual anagrams, both orientations)"
    ]
    assert "B2.4" in findings_as_text(findings(fabric, covers=(*COVERED, "B1.1")))


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


def test_pictures_without_alternative_text_in_hand_written_pages_are_found(fabric: Fabric) -> None:
    assert len(findings(fabric, guide="![](report/figures/)")) >= 1


def test_json_has_what_a_tool_needs() -> None:
    import json

    found = [Finding("empty", "no caption", "experiments/a.yaml", 7)]
    assert json.loads(findings_as_json(found)) == [
        {"kind": "empty", "message": "no caption", "file": "experiments/a.yaml", "line": 7}
    ]

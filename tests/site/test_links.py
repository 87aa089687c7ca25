"""Links are read as MkDocs reads them, and those that lead nowhere stand at the author's line."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.helpers.fabricate import Fabric, Forward

from fwd_report.site.findings import Finding
from fwd_report.site.links import dead_links
from fwd_report.site.results import ReportResult


@pytest.fixture
def fabric(tmp_path: Path) -> Fabric:
    (tmp_path / "docs" / "pictures").mkdir(parents=True)
    (tmp_path / "docs" / "pictures" / "my dog.png").write_bytes(b"")
    (tmp_path / "docs" / "guide").mkdir()
    (tmp_path / "docs" / "guide" / "how to.md").write_text("# How\n\n## The way {#way}\n\nSo.\n")
    return Fabric(tmp_path)


def report(fabric: Fabric, **prose: str) -> ReportResult:
    intro = prose.pop("intro", "An intro.")
    entries = [fabric.entry("a", "noised", Forward(), None)]
    first = fabric.experiment("noised", Forward, entries, title="Noise!", **prose)
    return fabric.report(
        fabric.section("a", "The first", [first], intro=intro),
        fabric.section("b", "The second", [], intro="## More {#more}\n\nMore."),
    )


def dead(fabric: Fabric, **prose: str) -> list[Finding]:
    return list(dead_links(report(fabric, **prose), fabric.root))


SOUND = [
    "A footnote[^1].\n\n[^1]: See the paper, p. 3, not a link.",
    "Two[^a] notes[^b].\n\n[^a]: Ho et al.\n[^b]: Song et al., https://arxiv.org.",
    "![a dog](<../pictures/my dog.png>)",
    "![a dog](../pictures/my%20dog.png)",
    "[the guide](../guide/how%20to.md#way)",
    '[the guide](<../guide/how to.md> "a title")',
    "[a][b], [c][], [d].\n\n[b]: b.md\n[c]: b.md#more\n[d]: https://example.org 'D'",
    "[the second](b.md), [its heading](b.md#more), [a figure](#fig-noised), [titled](#noised)",
    "[top](#the-first), <https://example.org>, [mail](mailto:a@example.org)",
    '<a href="../b/">b</a> <img src="../../pictures/my dog.png" alt="a dog">',
    "`[x](gone.md)`, $[x](y)$, and\n\n```\n[x](gone.md) [^9] [a][b]\n```\n\n    [x](gone.md)",
    "[a figure]({{ runs.noised.figure }}) {{ report.b }} {# [x](gone.md) #}",
    "An array x[0][1], a list [250, 500, 750], a citation [Ho et al.].",
    "[the second](../b/)",
    '<a name="here"></a> [here](#here)\n\n## Titled {#titled .red}\n\n[up](#titled)',
    "!!! note\n\n    [the second](b.md) in a box.",
]


@pytest.mark.parametrize("text", SOUND)
def test_what_mkdocs_resolves_is_sound(fabric: Fabric, text: str) -> None:
    assert [str(found) for found in dead(fabric, intro=text)] == []
    assert [str(found) for found in dead(fabric, discussion=text)] == []


DEAD = {
    "[x](gone.md)": "gone.md",
    "[x](b.md#nowhere)": "no such place",
    "[x](#nowhere)": "no such place",
    "[x](<../pictures/my cat.png>)": "my cat.png",
    "![a dog](../pictures/my%20cat.png)": "my%20cat.png",
    "![the campanile](bair1.jpg)": "bair1.jpg",
    "![x](C:\\images\\a.png)": "C:",
    "[x](/b/)": "'/b/'",
    "[x](b/)": "'b/'",
    "[x](../../../outside.md)": "outside.md",
    "[x][y]\n\n[y]: gone.md": "gone.md",
    "[the text][nothing]": "[nothing]",
    "a footnote[^9] without text": "[^9]",
    "[link]()": "'link' names no target",
    "![alt]()": "'alt' names no target",
    "![](../pictures/my%20dog.png)": "no alternative text",
    '<img src="" alt="x">': "names no target",
    '<img src="paint" alt="x">': "'paint'",
    '<a href="b.md">x</a>': "not of HTML",
    '<img src="../../pictures/my dog.png">': "without alternative text",
    "!!! note\n\n    [x](gone.md) in a box.": "gone.md",
}


@pytest.mark.parametrize("text", DEAD)
def test_what_leads_nowhere_is_found_at_its_own_line(fabric: Fabric, text: str) -> None:
    for field in ("intro", "discussion"):
        (found,) = dead(fabric, **{field: f"Fine.\n\n{text}"})
        assert DEAD[text] in found.message
        assert found.file == "experiments/a.yaml"
        lines = (fabric.root / found.file).read_text().splitlines()
        written = text.split("gone.md")[0] if "[y]:" in text else text.splitlines()[-1].strip()
        assert found.line
        assert lines[found.line - 1].strip() in (written, "[y]: gone.md")


def test_the_second_of_two_equal_links_is_at_its_line(fabric: Fabric) -> None:
    found = dead(fabric, intro="[x](gone.md)\n\nFine.", discussion="Fine.\n\n[x](gone.md)")
    lines = (fabric.root / "experiments" / "a.yaml").read_text().splitlines()
    assert [lines[finding.line - 1].strip() for finding in found if finding.line] == [
        "[x](gone.md)",
        "[x](gone.md)",
    ]
    assert found[0].line != found[1].line


def test_captions_are_read_as_the_site_reads_them(fabric: Fabric) -> None:
    assert dead(fabric, caption="See [the second](b.md#more), a < b, <b>not</b>.") == []
    (found,) = dead(fabric, caption="Seen\nat [last](c.md).")
    assert "'c.md' in the caption of noised" in found.message.replace("dead link ", "")
    assert found.line == 8


def test_hand_written_pages_are_read_too_after_their_front_matter(fabric: Fabric) -> None:
    page = fabric.root / "docs" / "notes.md"
    page.write_text("---\ntitle: [x](gone.md)\n---\n# Notes\n\n[a](report/a.md#fig-noised)\n")
    assert dead(fabric) == []
    page.write_text("---\ntitle: Notes\n---\n# Notes\n\n[a](report/a.md#fig-gone)\n\n[b](c.md)\n")
    assert [(found.file, found.line) for found in dead(fabric)] == [
        ("docs/notes.md", 6),
        ("docs/notes.md", 8),
    ]


def test_a_page_in_another_encoding_and_hidden_ones_are_no_reason_to_stop(fabric: Fabric) -> None:
    (fabric.root / "docs" / "old.md").write_bytes("# Caf\xe9\n\n[x](gone.md)\n".encode("latin-1"))
    (fabric.root / "docs" / ".drafts").mkdir()
    (fabric.root / "docs" / ".drafts" / "a.md").write_text("[x](gone.md)")
    (fabric.root / "docs" / "folder.md").mkdir()
    assert [(found.file, found.line) for found in dead(fabric)] == [("docs/old.md", 3)]


def test_the_project_s_own_extensions_decide(fabric: Fabric) -> None:
    text = "A note[^1].\n\n[^1]: Ho et al., 2020."
    (fabric.root / "mkdocs.yml").write_text("site_name: x\nmarkdown_extensions: [attr_list]\n")
    assert {"the footnote [^1] has no text in the intro"} == {
        found.message for found in dead(fabric, intro=text)
    }
    (fabric.root / "mkdocs.yml").write_text("site_name: x\nmarkdown_extensions: [footnotes]\n")
    assert dead(fabric, intro=text) == []
    (fabric.root / "mkdocs.yml").write_text("site_name: x\nmarkdown_extensions: [gone.missing]\n")
    (found,) = dead(fabric)
    assert (found.kind, found.file) == ("config", "mkdocs.yml")


def test_a_snippet_that_is_not_there_is_found(fabric: Fabric) -> None:
    (found,) = dead(fabric, intro='--8<-- "docs/gone.md"')
    assert "docs/gone.md" in found.message

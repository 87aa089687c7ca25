"""Pages that somebody wrote by hand: what MkDocs cannot read, and what they may not include."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.helpers.fabricate import Fabric, Sample, picture
from tests.site.conftest import lay_out

from fwd_report.errors import RunError, UserError
from fwd_report.site.check import check
from fwd_report.site.publish import build_site
from fwd_report.site.reader import Reader, ReadError
from fwd_report.site.render import render_site
from fwd_report.site.results import ReportResult

STAIRS = "".join(" " * (4 * step) + "- x\n" for step in range(200))
TOO_MUCH = {
    "lists within lists": (STAIRS, 31),
    "quotes within quotes": ("a\n\n" + ">" * 500 + " x\n", 3),
    "brackets are open": ("[" * 500, 1),
    "lines": ("    x\n" * 20_001, 1),
    "characters": ("x" * 1_000_001, 1),
}


@pytest.fixture
def report(tmp_path: Path) -> ReportResult:
    lay_out(tmp_path)
    fabric = Fabric(tmp_path)
    entries = [fabric.entry("a", "one", Sample(), picture(0, 8))]
    made = fabric.report(fabric.section("a", "A", [fabric.experiment("one", Sample, entries)]))
    render_site(made, tmp_path)
    return made


@pytest.mark.parametrize("what", TOO_MUCH)
def test_a_page_of_too_much_is_an_error_at_its_line(
    tmp_path: Path, report: ReportResult, what: str
) -> None:
    text, line = TOO_MUCH[what]
    (tmp_path / "docs" / "mine.md").write_text(f"---\ntitle: Mine\n---\n{text}")
    with pytest.raises(UserError, match=what) as caught:
        build_site(tmp_path, tmp_path / "site")
    (problem,) = caught.value.problems
    assert (str(problem.file), problem.line) == ("docs/mine.md", line + 3)
    found = [each for each in check(report, tmp_path) if each.kind == "too-long"]
    assert [(each.file, each.line) for each in found] == [("docs/mine.md", line + 3)]


def test_what_a_page_may_have_is_read(tmp_path: Path, report: ReportResult) -> None:
    text = "    x\n" * 2_000 + "\n" + "".join(" " * (4 * s) + "- x\n" for s in range(20))
    (tmp_path / "docs" / "mine.md").write_text(f"# Mine\n\n{text}")
    build_site(tmp_path, tmp_path / "site")
    assert (tmp_path / "site" / "mine" / "index.html").is_file()


@pytest.fixture
def open_to_outside(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, report: ReportResult
) -> Path:
    """An untrusted folder with links that lead out of it, and with secrets; a page of it."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.txt").write_text("hush")
    (tmp_path.parent / "secret.txt").write_text("hush")
    (tmp_path / "leak").symlink_to(outside / "secret.txt")
    (tmp_path / "folder").symlink_to(outside)
    (tmp_path / ".env").write_text("hush")
    (tmp_path / "mine.txt").write_text("shown")
    return tmp_path / "docs" / "mine.md"


OUTSIDE = ("leak", "folder/secret.txt", ".env", "../secret.txt")


@pytest.mark.parametrize("name", OUTSIDE)
def test_an_untrusted_folder_includes_nothing_from_outside(
    tmp_path: Path, open_to_outside: Path, name: str
) -> None:
    with pytest.raises(ReadError, match=name):
        Reader(tmp_path, trusted=False).page(f'# Mine\n\n--8<-- "{name}"\n')


@pytest.mark.parametrize(
    "name", [OUTSIDE[0], *(pytest.param(name, marks=pytest.mark.slow) for name in OUTSIDE[1:])]
)
def test_nor_does_its_site(tmp_path: Path, open_to_outside: Path, name: str) -> None:
    """MkDocs reads by the extension by which the reader of the test above reads, which is quick."""
    open_to_outside.write_text('# Mine\n\n--8<-- "mine.txt"\n')
    build_site(tmp_path, tmp_path / "site", trusted=False)
    assert "shown" in (tmp_path / "site" / "mine" / "index.html").read_text()
    open_to_outside.write_text(f'# Mine\n\n--8<-- "{name}"\n')
    with pytest.raises(RunError, match=name):
        build_site(tmp_path, tmp_path / "site", trusted=False)

"""Serving, in real processes: pages appear whole, follow edits, and survive mistakes."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.helpers import served_build
from tests.helpers.serving import MODULE, Served, alive, eventually, fetch

from fwd_report.errors import UserError
from fwd_report.site.serve import serve
from fwd_report.site.watching import Sources

pytestmark = pytest.mark.usefixtures("tests_can_be_imported")


@contextmanager
def reading_at_all_times(served: Served) -> Iterator[list[str]]:
    """What was read meanwhile and is no whole page."""
    broken: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            status, page = fetch(served.port)
            if status != 200 or "</html>" not in page:
                broken.append(f"{status} {page[:80]}")
            time.sleep(0.01)

    reader = threading.Thread(target=read)
    reader.start()
    yield broken
    done.set()
    reader.join()


def test_pages_follow_edits_and_survive_mistakes(page: Page, served: Served) -> None:
    """In a browser, which looks again by itself, too; and none is ever half made while pictures
    come and go under new names.
    """
    assert eventually(lambda: fetch(served.port)[0]), "the port is open at once"
    status, text = fetch(served.port)
    assert (status, "The first build is at work" in text) == (200, True)
    assert "building" in text or "starting" in text
    page.goto(f"http://127.0.0.1:{served.port}/report/a/")
    expect(page.get_by_role("heading", name="The first build is at work")).to_be_visible()
    assert eventually(lambda: served.shows("First."))
    assert served.said[0] == f"serving on http://127.0.0.1:{served.port}/ (Ctrl-C ends it)"
    caption = page.locator("figcaption")
    expect(caption).to_contain_text("First.", timeout=60_000)
    expect(page.get_by_role("alert")).to_have_count(0)

    served.write("wrong")
    assert eventually(lambda: served.shows("experiments/a.yaml:3:5"))
    assert served.shows("First."), "the last good pages stay"
    assert served.shows("&lt;b&gt;wrong&lt;/b&gt;\n    caption: &lt;b&gt;\n            ^")
    assert served.shows("experiments/a.yaml:3:5", "no/such/page"), "on every page"
    expect(page.get_by_role("alert")).to_contain_text("experiments/a.yaml:3:5", timeout=60_000)
    expect(caption).to_contain_text("First.")

    with reading_at_all_times(served) as broken:
        served.write("Second.")
        expect(page.get_by_role("status")).to_contain_text("caption.txt changed", timeout=60_000)
        expect(caption).to_contain_text("Second.", timeout=60_000)
        expect(page.get_by_role("alert")).to_have_count(0)
        assert eventually(lambda: served.shows("Second."))
        assert not served.shows("experiments/a.yaml:3:5")
        index = "search/search_index.json"
        assert eventually(
            lambda: served.shows("Second.", index) and served.shows('"location":""', index)
        )
        line = r"experiments/caption\.txt: wrote \d page \(\d+\.\d s\)"
        assert eventually(lambda: re.fullmatch(line, served.said[-1])), "a line says what was done"

        served.write("failed")
        assert eventually(lambda: served.shows("1 run failed"))
        assert served.shows('<span class="fwd-number">') or served.shows("failed"), "with new pages"
    assert not broken
    assert not [line for line in served.said if "Traceback" in line or "Error" in line]
    sites = served.root / ".fwd-report" / f"serve-{served.port}"
    assert eventually(lambda: len(list(sites.iterdir())) <= 2), "old sites go"

    status, text = fetch(served.port, "no/such/page")
    assert status == 404
    assert "There is no such page" in text
    assert fetch(served.port, "report/assets/report.css")[0] == 200
    assert fetch(served.port, "../../mkdocs.yml")[0] == 404


def test_pages_of_before_are_shown_while_a_long_build_is_at_work_and_edits_end_it(
    project: Path,
) -> None:
    (project / "experiments").mkdir()
    (project / "experiments" / "caption.txt").write_text("First.")
    assert served_build.build(project) == 0
    with Served(project, "slow") as served:
        assert eventually(lambda: served.shows("First.")), "the build takes a minute"
        assert served.shows("building; what has not run yet is missing")
        told = "3/9 network steps"
        assert eventually(lambda: any(line.startswith(told) for line in served.said))
        old = int((project / "pid").read_text())
        served.write("wrong")
        assert eventually(lambda: served.shows("experiments/a.yaml:3:5"), seconds=30)
        assert served.shows("First.")
        assert eventually(lambda: not alive(old), seconds=30)
        served.write("Second.")
        assert eventually(lambda: served.shows("Second.") and not served.shows("a.yaml:3:5"))


def test_a_taken_port_is_an_error(project: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UserError, match=r"port [0-9]+ cannot be used: Address already in use"):
            serve(project, [MODULE], taken.getsockname()[1])


def test_only_what_a_report_is_written_in_counts_as_a_change(tmp_path: Path) -> None:
    (tmp_path / "experiments").mkdir()
    (tmp_path / "docs" / "report").mkdir(parents=True)
    (tmp_path / "experiments" / "a.yaml").write_text("a")
    sources = Sources(tmp_path)
    for name in (
        "docs/report/a.md", "docs/index.md", "experiments/.a.yaml.swp", "experiments/a.yaml~",
        "experiments/4913", "site", ".fwd-report",
    ):  # fmt: skip
        (tmp_path / name).write_text("x")
    assert not sources.touched()
    assert sources.changed(time.sleep) == []
    (tmp_path / "experiments" / "a.yaml").write_text("b")
    assert sources.touched()
    (tmp_path / "techniques").mkdir()
    (tmp_path / "techniques" / "mine.py").write_text("x")
    (tmp_path / "mkdocs.yml").write_text("x")
    assert sources.changed(time.sleep) == [
        "experiments/a.yaml", "mkdocs.yml", "techniques/mine.py",
    ]  # fmt: skip
    (tmp_path / "experiments" / "a.yaml").unlink()
    assert sources.changed(time.sleep) == ["experiments/a.yaml"]
    (tmp_path / "experiments" / "loop").symlink_to("loop")
    assert sources.changed(time.sleep) == []

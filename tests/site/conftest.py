"""A built site and a browser to read it in."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from tests.helpers.every_part import every_part
from tests.helpers.made_once import made_once
from tests.helpers.serving import Served
from tests.helpers.watched import Watched

from fwd_report.site.publish import build_site
from fwd_report.site.render import render_site
from fwd_report.site.results import ReportResult

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


PROSE = "\n\n".join(
    "A picture is made of large shapes and of small ones, and noise is equally strong in both, "
    "which is why the large shapes survive it far longer than the edges and the grain do"
    + ", as one sees here" * words
    + "."
    for words in range(2, 9)
)
"""Text enough for its lines to break elsewhere in another font."""


def lay_out(root: Path) -> Path:
    """The files of a project beside its experiments."""
    (root / "docs").mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "mkdocs.yml", root / "mkdocs.yml")
    shutil.copytree(ROOT / "site_templates", root / "site_templates")
    return root


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


@pytest.fixture
def report(project: Path) -> ReportResult:
    return every_part(project)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fabricated report as a site, built by MkDocs under --strict."""

    def make(root: Path) -> None:
        lay_out(root)
        guide = root / "docs" / "guide"
        guide.mkdir()
        (guide / "zebra.md").write_text(
            f"# First\n\n## Of edges that noise hides at once\n\n{PROSE}\n"
        )
        (guide / "aardvark.md").write_text("# Second\n")
        (guide / "index.md").write_text("# Guide\n\n[First](zebra.md), [second](aardvark.md)\n")
        render_site(every_part(root), root)
        build_site(root, root / "site")

    return made_once(tmp_path_factory, "every-part", make) / "site"


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on the PATH: apt-get install chromium")
    return {"executable_path": CHROMIUM, "args": ARGUMENTS.split()}


@pytest.fixture(scope="session")
def tabs(browser: Browser, address: str) -> Callable[[bool], Watched]:
    """The one tab with scripts, or the one without, which goes from page to page like a reader's.

    It has the scripts and styles of the site already, which is most of the work of a page.
    """

    @cache
    def tab(java_script_enabled: bool) -> Watched:
        context = browser.new_context(java_script_enabled=java_script_enabled)
        return Watched(context.new_page(), address)

    return tab


@pytest.fixture
def read(tabs: Callable[[bool], Watched]) -> Iterator[Watched]:
    tab = tabs(True)
    tab.faults.clear()
    yield tab
    tab.rest()


@pytest.fixture
def open_with(tabs: Callable[[bool], Watched]) -> Iterator[Callable[..., Page]]:
    """Opens a page in a tab with these options of `Watched.emulate`, or without scripts."""
    used: list[Watched] = []

    def opened(path: str, java_script_enabled: bool = True, **emulated: Any) -> Page:
        tab = tabs(java_script_enabled)
        used.append(tab)
        tab.emulate(**emulated)
        return tab.open(path)

    yield opened
    for tab in used:
        tab.rest()


@pytest.fixture
def pages(project: Path) -> Path:
    return project / "docs" / "report"


@pytest.fixture
def tests_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the processes that a test starts."""
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'generator'}{os.pathsep}{ROOT}")


@pytest.fixture
def served(project: Path, tests_can_be_imported: None) -> Iterator[Served]:
    with Served(project) as running:
        yield running

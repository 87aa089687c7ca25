"""Serving, in real processes: pages appear whole, follow edits, and survive mistakes."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect

from fwd_report.errors import UserError
from fwd_report.site import serve as serve_module
from fwd_report.site.child import Child
from fwd_report.site.preview import State
from fwd_report.site.serve import _Builder, serve
from fwd_report.site.watching import Sources

ROOT = Path(__file__).parents[2]
MODULE = "tests.helpers.served_build"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(true: Callable[[], object], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


def fetch(port: int, path: str = "report/a/") -> tuple[int, str]:
    """Status and text of a page; 0 where nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return 0, ""


class Served:
    """A served project whose caption is the content of experiments/caption.txt."""

    def __init__(self, root: Path, caption: str = "First.") -> None:
        self.root = root
        self.said: list[str] = []
        self.port = free_port()
        self.stop = threading.Event()
        (root / "experiments").mkdir(exist_ok=True)
        self.write(caption)
        self._thread = threading.Thread(
            target=serve,
            args=(root, [MODULE, str(root)], self.port, self.said.append, self.stop),
        )

    def write(self, caption: str) -> None:
        (self.root / "experiments" / "caption.txt").write_text(caption)

    def shows(self, text: str, path: str = "report/a/") -> bool:
        return text in fetch(self.port, path)[1]

    def __enter__(self) -> Served:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(timeout=30)
        assert not self._thread.is_alive()


@pytest.fixture(autouse=True)
def _tests_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'generator'}{os.pathsep}{ROOT}")


@pytest.fixture
def served(project: Path) -> Iterator[Served]:
    with Served(project) as running:
        yield running


def test_pages_follow_edits_and_survive_mistakes(served: Served) -> None:
    assert eventually(lambda: fetch(served.port)[0]), "the port is open at once"
    status, text = fetch(served.port)
    assert (status, "The first build is at work" in text) == (200, True)
    assert "building" in text or "starting" in text
    assert eventually(lambda: served.shows("First."))
    assert served.said[0] == f"serving on http://127.0.0.1:{served.port}/ (Ctrl-C ends it)"

    served.write("wrong")
    assert eventually(lambda: served.shows("experiments/a.yaml:3:5"))
    assert served.shows("First."), "the last good pages stay"
    assert served.shows("&lt;b&gt;wrong&lt;/b&gt;\n    caption: &lt;b&gt;\n            ^")
    assert served.shows("experiments/a.yaml:3:5", "no/such/page"), "on every page"

    served.write("Second.")
    assert eventually(lambda: served.shows("Second."))
    assert not served.shows("experiments/a.yaml:3:5")
    index = "search/search_index.json"
    assert eventually(
        lambda: served.shows("Second.", index) and served.shows('"location":""', index)
    )
    line = r"experiments/caption\.txt: wrote \d page \(\d+\.\d s\)"
    assert eventually(lambda: re.fullmatch(line, served.said[-1])), "one line says what was done"

    served.write("failed")
    assert eventually(lambda: served.shows("1 run failed"))
    assert served.shows('<span class="fwd-number">') or served.shows("failed"), "with new pages"

    status, text = fetch(served.port, "no/such/page")
    assert status == 404
    assert "There is no such page" in text
    assert fetch(served.port, "report/assets/report.css")[0] == 200
    assert fetch(served.port, "../../mkdocs.yml")[0] == 404


def test_pages_of_before_are_shown_while_a_long_build_is_at_work_and_edits_end_it(
    project: Path,
) -> None:
    with Served(project) as earlier:
        assert eventually(lambda: earlier.shows("First."))
    with Served(project, "slow") as served:
        assert eventually(lambda: served.shows("First.")), "the build takes a minute"
        assert served.shows("building; what has not run yet is missing")
        old = int((project / "pid").read_text())
        served.write("wrong")
        assert eventually(lambda: served.shows("experiments/a.yaml:3:5"), seconds=30)
        assert served.shows("First.")
        assert eventually(lambda: not alive(old), seconds=5)
        served.write("Second.")
        assert eventually(lambda: served.shows("Second.") and not served.shows("a.yaml:3:5"))


def test_no_page_is_ever_half_made(served: Served) -> None:
    """Readers at all times, while pictures come and go under new names."""
    assert eventually(lambda: served.shows("First."))
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
    for number in range(3):
        caption = f"Caption{'!' * number}."
        served.write(caption)
        assert eventually(lambda text=caption: served.shows(text))  # type: ignore[misc]
    done.set()
    reader.join()
    assert not broken
    assert not [line for line in served.said if "Traceback" in line or "Error" in line]
    sites = served.root / ".fwd-report" / f"serve-{served.port}"
    assert eventually(lambda: len(list(sites.iterdir())) <= 2), "old sites go"


def test_a_browser_looks_again_by_itself(served: Served, page: Page) -> None:
    page.goto(f"http://127.0.0.1:{served.port}/report/a/")
    expect(page.get_by_role("heading", name="The first build is at work")).to_be_visible()
    caption = page.locator("figcaption")
    expect(caption).to_contain_text("First.", timeout=60_000)
    expect(page.get_by_role("alert")).to_have_count(0)
    served.write("wrong")
    expect(page.get_by_role("alert")).to_contain_text("experiments/a.yaml:3:5", timeout=60_000)
    expect(caption).to_contain_text("First.")
    served.write("Second.")
    expect(page.get_by_role("status")).to_contain_text("caption.txt changed", timeout=60_000)
    expect(caption).to_contain_text("Second.", timeout=60_000)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_what_killed_servers_left_goes_and_what_living_ones_use_stays(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve_module, "Child", lambda *_: SimpleNamespace(tell=int, end=int))

    def server(port: int) -> _Builder:
        return _Builder(project, ["m"], f"http://127.0.0.1:{port}/", State(), print, True)

    base = project / ".fwd-report"
    for name in ("serve-1", "serve-mine"):
        (base / name).mkdir(parents=True)
        (base / name / "page.html").write_text("old")
    first, second = server(2), server(3)
    first.start()
    assert not (base / "serve-1").exists()
    (base / "serve-2" / "page.html").write_text("shown")
    second.start()
    assert (base / "serve-2" / "page.html").is_file()
    assert (base / "serve-mine" / "page.html").is_file()
    for each in (first, second):
        each.end()
    assert {path.name for path in base.glob("serve-*")} == {"serve-mine"}


def test_a_taken_port_is_an_error(project: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UserError, match=r"port [0-9]+ cannot be used: Address already in use"):
            serve(project, [MODULE], taken.getsockname()[1])


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"


def below(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            found.append(int(path.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")
@pytest.mark.parametrize(
    "how",
    [
        signal.SIGINT,
        signal.SIGKILL,
        pytest.param(signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, marks=pytest.mark.slow),
    ],
)
def test_however_it_ends_nothing_is_left_running(project: Path, how: signal.Signals) -> None:
    """Also in the middle of a build, which is told and ends."""
    (project / "experiments").mkdir()
    (project / "experiments" / "caption.txt").write_text("slow")
    port = free_port()
    code = (
        "import sys; from pathlib import Path; from fwd_report.site.serve import serve\n"
        "serve(Path(sys.argv[1]), sys.argv[2:4], int(sys.argv[4]))"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code, str(project), MODULE, str(project), str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert eventually(lambda: "3/9 network steps" in fetch(port)[1]), (
            "progress stands on the page"
        )
        building = int((project / "pid").read_text())
        children = below(server.pid)
        assert building in children
        server.send_signal(how)
        assert server.wait(timeout=10) is not None
        assert eventually(lambda: not any(alive(pid) for pid in children), 10)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
        said = server.communicate()[1]
        assert "Traceback" not in said
    finally:
        server.kill()


def test_a_waiting_process_runs_the_code_of_the_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has imported other people's libraries, and nothing whose code makes results."""
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'generator'}{os.pathsep}{tmp_path}")
    (tmp_path / "probe.py").write_text("print('old')")
    child = Child(tmp_path, ["yaml"])
    assert eventually(child.alive)
    time.sleep(0.5)
    (tmp_path / "probe.py").write_text(
        "import sys\nprint('new', sys.argv[1], sys.stdin.read(), 'yaml' in sys.modules)\n"
        "print([name for name in sys.modules if name.startswith('fwd_report')])\n"
        "print('a word', file=sys.stderr)"
    )
    heard: list[str] = []
    code, output, errors = child.run("probe", ["one"], "two", heard.append)
    assert (code, output, errors) == (0, "new one two True\n[]\n", "a word\n")
    assert heard == ["a word"]


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

"""The processes of a server: none outlives it, and a waiting one runs the code of the moment."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.helpers.serving import MODULE, ROOT, alive, eventually, fetch, free_port

from fwd_report.site import serve as serve_module
from fwd_report.site.child import Child
from fwd_report.site.preview import State
from fwd_report.site.serve import _Builder

pytestmark = pytest.mark.usefixtures("tests_can_be_imported")


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


def test_a_process_that_is_told_to_end_before_its_command_ends_without_a_word(
    tmp_path: Path,
) -> None:
    """As on a busy machine, when sources change before the command was written."""
    child = Child(tmp_path)
    child.tell()
    heard: list[str] = []
    assert child.run("probe", [], "", heard.append) == (0, "", "")
    assert heard == []


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

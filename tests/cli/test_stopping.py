"""Ctrl-C and SIGTERM end a command within two seconds, at whatever moment, in plain words."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from tests.helpers.project import Project
from tests.helpers.serving import eventually

WITHIN = 2.0
SLACK = 3.0
"""For a machine that is busy with other things."""


def start(command: Sequence[str], cwd: Path, **more: str) -> subprocess.Popen[str]:
    def as_in_a_terminal() -> None:
        """What runs in the background, as tests may, is born deaf to Ctrl-C."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    return subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **more},
        preexec_fn=as_in_a_terminal,
    )  # fmt: skip


def stop(process: subprocess.Popen[str], number: int) -> tuple[float, str]:
    """Seconds until the process ended after the signal, and what it said."""
    began = time.monotonic()
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    return time.monotonic() - began, errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("module", ["typer", "fwd_report.cli.building", "fwd_report.build"])
def test_a_signal_while_the_program_loads_is_no_traceback(
    tmp_path: Path, module: str, number: int
) -> None:
    """The signal comes while that module is imported."""
    code = (
        "import sys, time\n"
        "from fwd_report import __main__ as program\n"
        "class Slow:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == '{module}':\n"
        "            print('here', file=sys.__stdout__, flush=True); time.sleep(60)\n"
        "sys.meta_path.insert(0, Slow())\n"
        "sys.argv = ['fwd-report', 'build']\n"
        "program.main()\n"
    )
    process = start([sys.executable, "-c", code], tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    seconds, errors = stop(process, number)
    assert process.returncode == 128 + number
    assert "stopped" in errors
    assert "Traceback" not in errors
    assert seconds < WITHIN + SLACK


@pytest.mark.parametrize("stuck", ["in a long step", "swallowing it"])
def test_a_main_thread_that_does_not_hear_is_ended_all_the_same(tmp_path: Path, stuck: str) -> None:
    step = {"in a long step": "compute()", "swallowing it": "wait()"}[stuck]
    code = (
        "import hashlib, time\n"
        "from fwd_report import stopping\n"
        "def wait():\n"
        "    while True:\n"
        "        try: print('here', flush=True); time.sleep(60)\n"
        "        except BaseException: pass\n"
        "def compute():\n"
        "    print('here', flush=True)\n"
        "    hashlib.pbkdf2_hmac('sha256', b'', b'', 2**31 - 1)\n"
        "stopping.watch(); stopping.started(); stopping.keeps('all is kept')\n"
        f"{step}\n"
    )
    process = start([sys.executable, "-c", code], tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    if stuck == "in a long step":  # it is, when it has computed for much longer than a print takes
        computed = psutil.Process(process.pid).cpu_times
        begun = computed().user
        assert eventually(lambda: computed().user > begun + 0.2)
    seconds, errors = stop(process, signal.SIGTERM)
    assert process.returncode == 143
    assert errors.split() == ["all", "is", "kept"]
    assert seconds < WITHIN + SLACK


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_standard_streams_end_in_no_file(tmp_path: Path, closed: tuple[int, ...]) -> None:
    """Else the next files that are opened get their numbers, and are written into."""
    code = (
        "import os, sys\n"
        f"for number in {closed}: os.close(number)\n"
        "sys.stdin = sys.stdin if 0 not in %(c)s else None\n"
        "sys.stdout = sys.stdout if 1 not in %(c)s else None\n"
        "sys.stderr = sys.stderr if 2 not in %(c)s else None\n"
        "from fwd_report.__main__ import open_standard_streams\n"
        "open_standard_streams()\n"
        "with open('file', 'w') as file:\n"
        "    print('out'); print('err', file=sys.stderr); sys.stdin.read(0)\n"
        "    assert file.fileno() > 2\n"
    ) % {"c": closed}
    process = start([sys.executable, "-c", code], tmp_path)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert (out == "out\n") is (1 not in closed)
    assert (tmp_path / "file").read_text() == ""


def test_where_the_terminal_knows_ascii_alone_nothing_breaks(project: Project) -> None:
    environment = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    project.write("hybrids", "title: Пример ε\nexperimentz: []\n")
    plan = start(project.command_line("plan"), project.root, **environment)
    _, errors = plan.communicate(timeout=60)
    assert plan.returncode == 2
    assert "experimentz" in errors
    assert "Traceback" not in errors


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_stopped_says_so_once(project: Project, number: signal.Signals) -> None:
    """Also while the processes it has at hand are still loading, and take long to end."""
    server = start(project.command_line("serve", "--port", "0"), project.root)
    assert server.stdout is not None
    assert "serving on" in server.stdout.readline()
    server.send_signal(number)
    output, errors = server.communicate(timeout=60)
    assert (output + errors).count("stopped") == 1
    assert "Traceback" not in errors

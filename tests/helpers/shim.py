"""Programs for shell scripts to find, whose processes are forks of the tests' own.

A script of a page or a workflow runs as it stands: `fwd-report` on its PATH is a small program that
has a server fork, in its folder and environment and with its streams. Signals reach the fork, and
its exit code is the program's. What a fork does not show, as what an environment's variables do to
libraries while they are imported, needs the program itself.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.forked import FORK, HEAVY, to_the_end

PROGRAMS = {"fwd-report": ("fwd_report.__main__", "main"), "mkdocs": ("mkdocs.__main__", "cli")}
"""What each runs: a module and its function."""
PROGRAM = """\
#!{python} -IS
import json, os, signal, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
asked = [{name!r}, sys.argv[1:], os.getcwd(), dict(os.environ)]
socket.send_fds(server, [json.dumps(asked).encode() + b"\\n"], [0, 1, 2])
answers = server.makefile()
process = int(answers.readline())
def pass_on(number, _):
    try:
        os.kill(process, number)
    except ProcessLookupError:  # it has ended, and its exit code is on its way
        pass
for number in (signal.SIGINT, signal.SIGTERM):
    if signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, pass_on)
sys.exit(int(answers.readline()))
"""


@contextmanager
def programs(folder: Path) -> Iterator[None]:
    """Within the block, that folder has the programs, which scripts run one at a time."""
    for name in (*HEAVY, *(module for module, _ in PROGRAMS.values())):
        importlib.import_module(name)
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as short:  # a socket's name may have 100 letters
        address = str(Path(short) / "socket")
        for name in PROGRAMS:
            text = PROGRAM.format(python=sys.executable, address=address, name=name)
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(address)
            listening.listen()
            server = FORK.Process(target=_serve, args=(listening,))
            server.start()
        try:
            yield
        finally:
            server.terminate()
            server.join()


def _serve(listening: socket.socket) -> None:
    while True:
        connection, _ = listening.accept()
        with connection:
            asked, streams, _, _ = socket.recv_fds(connection, 1 << 16, 3)
            while not asked.endswith(b"\n"):
                asked += connection.recv(1 << 16)
            process = os.fork()
            if not process:
                _become(json.loads(asked), streams)
            for stream in streams:
                os.close(stream)
            connection.sendall(f"{process}\n".encode())
            _, status = os.waitpid(process, 0)
            code = os.waitstatus_to_exitcode(status)
            connection.sendall(f"{code if code >= 0 else 128 - code}\n".encode())


def _become(asked: tuple[str, list[str], str, dict[str, str]], streams: list[int]) -> None:
    """That program, to its end."""
    name, arguments, folder, environment = asked
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [name, *arguments]
    module, function = PROGRAMS[name]
    to_the_end(streams, getattr(sys.modules[module], function))

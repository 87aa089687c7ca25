"""A program `fwd-report` for shells, whose commands run in the tests' own process."""

from __future__ import annotations

import json
import os
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from tests.helpers.command import command

CLIENT = """\
#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    with server.makefile("rw") as stream:
        print(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]), file=stream, flush=True)
        code, out, errors = json.loads(stream.readline())
sys.stdout.write(out)
sys.stderr.write(errors)
sys.exit(code)
"""


class _Handler(socketserver.StreamRequestHandler):
    """Answers one command with its exit code, its output and its errors."""

    def handle(self) -> None:
        arguments, folder, environment = json.loads(self.rfile.readline())
        with mock.patch.dict(os.environ, environment, clear=True):
            answer = command(*arguments, cwd=Path(folder))
        said = [answer.returncode, answer.stdout, answer.stderr]
        self.wfile.write(f"{json.dumps(said)}\n".encode())


@contextmanager
def program_on_path(folder: Path) -> Iterator[str]:
    """Make that folder with the program in it; the PATH on which a shell finds it first.

    A command is given the folder and the environment that the shell gives it. The caller only waits
    for the shell meanwhile: folder and environment are the whole process's. The folder's path is
    short enough for the name of a socket.
    """
    folder.mkdir()
    address = str(folder / "socket")
    program = folder / "fwd-report"
    program.write_text(CLIENT.format(python=sys.executable, address=address))
    program.chmod(0o755)
    with socketserver.UnixStreamServer(address, _Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"{folder}{os.pathsep}{os.environ['PATH']}"
        server.shutdown()

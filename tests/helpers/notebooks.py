"""A notebook's cells, run in the tests' own process: a kernel would import torch anew."""

from __future__ import annotations

import ast
import contextlib
import io
import shlex
import subprocess
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from IPython.core.displayhook import CapturingDisplayHook
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from tests.helpers.command import command


def run_cells(sources: Iterable[str], folder: Path) -> str:
    """Run cells of code one after the other in that folder; all that they print and show.

    `!` lines are the command, in this process, or else what a shell makes of them. A cell's last
    expression is shown as a page shows it, or else as text.
    """
    said = io.StringIO()
    space: dict[str, Any] = {}
    space["get_ipython"] = lambda: SimpleNamespace(
        system=lambda line: said.write(_system(line.format_map(space), folder))
    )
    transformed = TransformerManager()
    with contextlib.chdir(folder), contextlib.redirect_stdout(said):
        for source in sources:
            shown = _run(transformed.transform_cell(source), space)
            if shown is not None:
                as_page = getattr(shown, "_repr_html_", None)
                said.write(f"{shown!r}\n{as_page() if as_page else ''}\n")
    return said.getvalue()


def show_cells(sources: Iterable[str], folder: Path) -> list[dict[str, str]]:
    """Run cells of code in that folder, in a notebook's shell; what each shows, by kind.

    The shell is IPython's own, in this process, of which it says that it is a kernel's.
    """
    shell: Any = InteractiveShell.instance()
    try:
        shell.kernel = object()
        shell.display_pub = CapturingDisplayPublisher()
        with contextlib.chdir(folder):
            return [_shown(shell, source) for source in sources]
    finally:
        InteractiveShell.clear_instance()


def _shown(shell: Any, source: str) -> dict[str, str]:
    outputs: list[dict[str, Any]] = shell.display_pub.outputs
    outputs.clear()
    shell.display_trap.hook = CapturingDisplayHook(shell, outputs)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        shell.run_cell(source).raise_error()
    found = {"text/plain": printed.getvalue()}
    for output in outputs:
        for kind, value in output["data"].items():
            found[kind] = found.get(kind, "") + str(value)
    return found


def _run(source: str, space: dict[str, Any]) -> Any:
    """The value of the cell's last expression; None where it ends with a statement."""
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "<cell>", "exec"), space)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), space)


def _system(line: str, folder: Path) -> str:
    words = shlex.split(line)
    if words[0] == "fwd-report":
        answer = command(*words[1:], cwd=folder)
    else:
        answer = subprocess.run(
            ["bash", "-c", line], cwd=folder, capture_output=True, text=True, check=False
        )
    return answer.stdout + answer.stderr

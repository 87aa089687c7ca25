"""Whatever a build looks at is watched, and its answer is taken over only by a command like it."""

from __future__ import annotations

import builtins
import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.another_process import as_another_process
from tests.helpers.made_up_build import Writeup, in_place

from fwd_report import unchanged


def test_whatever_a_build_looks_at_is_watched(
    writeup: Writeup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file that Python opens, lists or asks the system about while a build finds nothing."""
    seen: set[str] = set()

    def noting(function: Callable[..., Any]) -> Callable[..., Any]:
        def noted(path: Any = ".", *arguments: Any, **named: Any) -> Any:
            if not isinstance(path, int):
                seen.add(os.path.abspath(os.fsdecode(path)))
            return function(path, *arguments, **named)

        return noted

    looked: list[unchanged.Looked] = []
    collect = unchanged._looked
    monkeypatch.setattr(
        unchanged, "_looked", lambda *given: looked.append(collect(*given)) or looked[-1]
    )
    shutil.rmtree(writeup.root / ".fwd-report" / "memory")
    as_another_process()
    with pytest.MonkeyPatch.context() as patched:
        for module, name in (
            (os, "stat"), (os, "lstat"), (os, "open"), (os, "scandir"), (os, "listdir"),
            (os, "readlink"), (io, "open"), (builtins, "open"),
        ):  # fmt: skip
            patched.setattr(module, name, noting(getattr(module, name)))
        writeup.build()
    watched = {*looked[0].files, *looked[0].specs, *looked[0].folders}
    above = {str(folder) for path in watched for folder in Path(path).parents}
    own = tuple(
        str(writeup.root / ".fwd-report" / name) for name in ("memory", "last", "aside", "locks")
    )
    installed = (sys.prefix, sys.base_prefix, str(Path(os.__file__).parent), "/dev/null", "/proc")
    unseen = {
        path
        for path in seen - watched - above
        if not path.startswith((*own, *installed)) and "__pycache__" not in path
        # What is not there would show in the names of a folder that is watched.
        if os.path.lexists(path) or os.path.dirname(path) not in looked[0].folders
    }
    assert str(writeup.root / "experiments" / "noise.yaml") in seen
    assert not unseen


def test_the_command_takes_the_answer_over(made_up: Path, tmp_path: Path) -> None:
    """In processes of their own: no spec is read, and typer and pydantic are not imported."""
    root = tmp_path / "writeup"
    shutil.copytree(made_up, root)
    time.sleep(2.5)  # what is younger may still be changing
    program = (
        "import sys\nfrom fwd_report.__main__ import main\n"
        "sys.argv = ['fwd-report', 'build', '--cached-only']\n"
        "try: main()\n"
        "finally: print('pydantic' in sys.modules, 'yaml' in sys.modules)"
    )

    def answer() -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    assert answer() == (0, "nothing to run; pages are up to date\nTrue True\n")
    assert answer() == (0, "nothing to run; pages are up to date\nFalse False\n")
    in_place(root / "experiments/noise.yaml", b"[250,", b"[251,")
    assert answer() == (3, "True True\n")

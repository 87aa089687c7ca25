"""The commit a project is at and whether its files differ from it, read without obeying its git.

A repository's own configuration can name programs that `git status` runs: a file system monitor,
filters, hooks, a remote to fetch missing objects from. So git is asked about the files under a
configuration made here, which names none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

PATIENCE = 20
"""Seconds that git may take."""
FILE_SYSTEM = ("filemode", "ignorecase", "symlinks", "precomposeunicode", "autocrlf")
"""Settings of a repository that say what its disk can do; they name no program."""
VALUES = {"true", "false", "input"}
CONFIGURATION = """\
[core]
\trepositoryformatversion = 1
\tbare = false
"""


@cache
def git_state(root: Path) -> dict[str, Any]:
    """The commit, and whether the files differ from it; {} outside a repository.

    dirty is left out where git cannot tell. Changes within submodules do not count.
    """
    try:
        commit, top, own, index, objects = _git(
            root,
            {},
            *("rev-parse", "HEAD", "--show-toplevel", "--absolute-git-dir"),
            *("--git-path", "index", "--git-path", "objects"),
        ).splitlines()
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}
    try:
        dirty = _dirty(root, commit, Path(top), Path(own), root / index, root / objects)
    except (OSError, subprocess.SubprocessError):
        return {"commit": commit}
    return {"commit": commit, "dirty": dirty}


def _dirty(root: Path, commit: str, top: Path, own: Path, index: Path, objects: Path) -> bool:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name in ("refs", "info"):
            (folder / name).mkdir()
        (folder / "HEAD").write_text(f"{commit}\n")
        (folder / "config").write_text(CONFIGURATION + _settings(root, commit))
        for name, source in (("index", index), ("info/exclude", own / "info" / "exclude")):
            if source.is_file():
                shutil.copyfile(source, folder / name)
        places = {
            "GIT_DIR": made,
            "GIT_WORK_TREE": str(top),
            "GIT_OBJECT_DIRECTORY": str(objects),
        }
        return bool(_git(top, places, "status", "--porcelain", "--ignore-submodules=all"))


def _settings(root: Path, commit: str) -> str:
    """What of the repository's own configuration is carried over."""
    names = "|".join(FILE_SYSTEM)
    try:
        found = _git(root, {}, "config", "--local", "--get-regexp", rf"^core\.({names})$")
    except subprocess.CalledProcessError:
        found = ""
    pairs = (line.partition(" ") for line in found.splitlines())
    lines = [
        f"\t{name.removeprefix('core.')} = {value}\n" for name, _, value in pairs if value in VALUES
    ]
    if len(commit) == 64:
        lines.append("[extensions]\n\tobjectFormat = sha256\n")
    return "".join(lines)


def _git(folder: Path, places: dict[str, str], *arguments: str) -> str:
    """What git answers. Raises OSError or SubprocessError where it does not."""
    environment = {name: value for name, value in os.environ.items() if name[:4] != "GIT_"}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", **places}
    quiet = ("core.fsmonitor=false", f"core.hooksPath={os.devnull}", "core.untrackedCache=false")
    options = [part for setting in quiet for part in ("-c", setting)]
    answer = subprocess.run(
        ["git", *options, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return answer.stdout.strip()

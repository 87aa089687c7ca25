"""A project's commit and whether its files differ from it, read without trusting its git
configuration.

A repository's own configuration can name programs that `git status` runs: a file system monitor,
filters, hooks, a remote to fetch missing objects from. So git reads the files under a configuration
made here, which names none.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from fwd_report.git import Git, GitError

PATIENCE = 20
"""Seconds that git may take."""
ALONE = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
"""Options under which git writes nothing and contacts no other machine."""
FILE_SYSTEM = ("filemode", "ignorecase", "symlinks", "precomposeunicode", "autocrlf")
"""Settings of a repository that describe what its disk can do; they name no program."""
VALUES = {"true", "false", "input"}
CONFIGURATION = """\
[core]
\trepositoryformatversion = 1
\tbare = false
"""


@cache
def git_state(root: Path) -> dict[str, Any]:
    """The commit, and whether the files differ from it; {} outside a repository.

    dirty is left out if git cannot tell. Changes within submodules do not count.
    """
    git = Git(root, ALONE, PATIENCE)
    try:
        commit, top, own, index, objects = git(
            *("rev-parse", "HEAD", "--show-toplevel", "--absolute-git-dir"),
            *("--git-path", "index", "--git-path", "objects"),
        ).splitlines()
    except (GitError, ValueError):
        return {}
    try:
        dirty = _dirty(git, commit, Path(top), Path(own), root / index, root / objects)
    except (OSError, GitError):
        return {"commit": commit}
    return {"commit": commit, "dirty": dirty}


def _dirty(git: Git, commit: str, top: Path, own: Path, index: Path, objects: Path) -> bool:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name in ("refs", "info"):
            (folder / name).mkdir()
        (folder / "HEAD").write_text(f"{commit}\n")
        (folder / "config").write_text(CONFIGURATION + _settings(git, commit))
        for name, source in (("index", index), ("info/exclude", own / "info" / "exclude")):
            if source.is_file():
                shutil.copyfile(source, folder / name)
        places = {
            "GIT_DIR": made,
            "GIT_WORK_TREE": str(top),
            "GIT_OBJECT_DIRECTORY": str(objects),
        }
        elsewhere = Git(top, {**ALONE, **places}, PATIENCE)
        return bool(elsewhere("status", "--porcelain", "--ignore-submodules=all"))


def _settings(git: Git, commit: str) -> str:
    """The settings of the repository's own configuration that are kept."""
    names = "|".join(FILE_SYSTEM)
    try:
        found = git("config", "--local", "--get-regexp", rf"^core\.({names})$")
    except GitError:
        found = ""
    pairs = (line.partition(" ") for line in found.splitlines())
    lines = [
        f"\t{name.removeprefix('core.')} = {value}\n" for name, _, value in pairs if value in VALUES
    ]
    if len(commit) == 64:
        lines.append("[extensions]\n\tobjectFormat = sha256\n")
    return "".join(lines)

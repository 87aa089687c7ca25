"""The starter writeup: this repository's own experiments, templates and mkdocs.yml."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from fwd_report.errors import UserError
from fwd_report.spec.schema import write_schemas

CONTENTS = ("experiments", "site_templates", "mkdocs.yml")
IGNORED = shutil.ignore_patterns("__pycache__", ".*")
GITIGNORE = ".fwd-report/\ndocs/report/\nsite/\n"


def starter_folder() -> Path:
    """Where the starter lies: inside an installed package, or the repository of an editable one."""
    package = Path(__file__).parent
    installed = package / "starter"
    return installed if installed.is_dir() else package.parents[1]


def copy_starter(folder: Path) -> None:
    """Copy the starter into a new or empty folder.

    Raises UserError if the folder has anything in it, so that nothing is ever overwritten.
    """
    if os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(
            f"{folder} is not an empty folder", hint="name a new one: fwd-report init my-report"
        )
    try:
        _copy(folder)
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror}") from error


def _copy(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in CONTENTS:
        source = starter_folder() / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=IGNORED)
        elif source.is_file():
            shutil.copy2(source, folder / name)
    (folder / ".gitignore").write_text(GITIGNORE, encoding="utf-8")
    write_schemas(folder)

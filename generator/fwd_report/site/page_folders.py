"""Where pages are, and what they are made with: docs/report/ and the templates."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from fwd_report.errors import UserError
from fwd_report.spec.project import Project

OWNED = "report"
"""The folder in docs/ that holds everything generated."""


def templates_folder(project: Project) -> Path:
    """The project's site_templates/, or the package's.

    Those of an untrusted project are not used: templates are code.
    """
    package = Path(__file__).parents[1]
    candidates: tuple[Path, ...] = (
        *((project.root / "site_templates",) if project.trusted else ()),
        package / "starter" / "site_templates",
        package.parents[1] / "site_templates",
    )
    for candidate in candidates:
        if (candidate / "section.md").is_file():
            return candidate
    raise UserError("the project has no site_templates/", hint="copy them from a new writeup")


def real_folder(path: Path) -> Path:
    """That folder, created if it is absent. Raises UserError for a link or a file in its place."""
    if path.is_symlink():
        raise UserError(
            f"{path} is a link to {os.readlink(path)}",
            hint="nothing is written through a link: remove it, and build again",
        )
    if os.path.lexists(path) and not path.is_dir():
        raise UserError(
            f"{path} is no folder", hint="the pages need one there: move it away, and build again"
        )
    path.mkdir(parents=True, exist_ok=True)
    return path


def scratch_folder(root: Path, name: str) -> Path:
    """An empty folder `.fwd-report/NAME/` for work in progress; what a killed process left is
    removed.

    The caller holds the lock of that work. Raises UserError for a link in its place.
    """
    path = real_folder(root / ".fwd-report" / name)
    for entry in os.scandir(path):
        if entry.is_dir(follow_symlinks=False):
            # A process that a killed one had started may still write there: what it leaves
            # goes the next time.
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)
    return path

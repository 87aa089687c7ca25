"""Which folder a writeup is in."""

from __future__ import annotations

from pathlib import Path

REPORT_FILE = Path("experiments", "report.yaml")
PARTS = ("experiments", "techniques", "site_templates", "docs", ".fwd-report")
"""The folders of a writeup whose content the commands read or own."""


def project_folder(folder: Path) -> Path:
    """The folder itself; for the current folder, the writeup that it lies in, as git finds its
    own.
    """
    here = folder.resolve()
    above = (parent for parent in (here, *here.parents) if (parent / REPORT_FILE).is_file())
    return next(above, here) if folder == Path() else folder

"""Where the package's own writeup and rubrics are: in an installed package, or in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parent
RUBRICS = PACKAGE / "rubrics"


def starter_folder() -> Path:
    """The starter's folder: inside an installed package, or the repository of an editable
    install.
    """
    installed = PACKAGE / "starter"
    return installed if installed.is_dir() else PACKAGE.parents[1]

"""Where the package's own writeup and rubrics lie: in an installed package, or a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parent
RUBRICS = PACKAGE / "rubrics"


def starter_folder() -> Path:
    """Where the starter lies: inside an installed package, or the repository of an editable one."""
    installed = PACKAGE / "starter"
    return installed if installed.is_dir() else PACKAGE.parents[1]

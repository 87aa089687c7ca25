"""The project's JSON Schemas, written again when the code that says what specs hold is younger."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import fwd_report
from fwd_report.spec.project import SCHEMA_NAMES, SCHEMAS


def refresh_schemas(root: Path) -> None:
    """Write them unless they are current; not in a project that cannot be written to."""
    if not _are_current(root):
        from fwd_report.spec.schema import write_schemas

        with suppress(OSError):  # for editors alone: a project that is read only has a plan too
            write_schemas(root)


def _are_current(root: Path) -> bool:
    try:
        written = min((root / SCHEMAS / f"{name}.json").stat().st_mtime for name in SCHEMA_NAMES)
    except OSError:
        return False
    package = Path(fwd_report.__file__).parent
    code = (path for name in ("techniques", "spec") for path in (package / name).glob("*.py"))
    return written > max(path.stat().st_mtime for path in code)

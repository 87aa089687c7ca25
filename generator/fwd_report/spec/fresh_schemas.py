"""The project's JSON Schemas, written again when the code that says what specs hold changed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import fwd_report
from fwd_report.plugins.offers import NOTHING, Plugins
from fwd_report.spec.project import SCHEMA_NAMES, SCHEMAS


def refresh_schemas(root: Path, plugins: Plugins = NOTHING) -> None:
    """Write them unless they are current; not in a project that cannot be written to."""
    if not _are_current(root, plugins):
        from fwd_report.spec.schema import write_schemas

        with suppress(OSError):  # for editors alone: a project that is read only has a plan too
            write_schemas(root, plugins, sound_only=True)


def made_with(plugins: Plugins) -> str:
    """What the schema of sections says of the plug-ins it was made with, at its beginning.

    The installed packages stand last: where nobody looked for them, the rest is compared.
    """
    own = plugins.folder.package if plugins.folder else "nothing"
    packages = f" and {plugins.digest()}" if plugins.scanned else ""
    return f"plug-ins: {own}{packages}"


def _are_current(root: Path, plugins: Plugins) -> bool:
    try:
        with open(root / SCHEMAS / f"{SCHEMA_NAMES[0]}.json", "rb") as file:
            start = file.read(300).decode("utf-8", "replace")
        if f'"{made_with(plugins)}"' not in start and (
            plugins.scanned or f'"{made_with(plugins)} ' not in start
        ):
            return False
        written = min((root / SCHEMAS / f"{name}.json").stat().st_mtime for name in SCHEMA_NAMES)
    except OSError:
        return False
    package = Path(fwd_report.__file__).parent
    code = (path for name in ("techniques", "spec") for path in (package / name).glob("*.py"))
    return written > max(path.stat().st_mtime for path in code)

"""Whether the pages are already what a render would make: asked before anything is rendered."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from fwd_report.site.digests import Digests
from fwd_report.site.folder import OWNED
from fwd_report.site.inputs import Inputs, Shown
from fwd_report.site.record import read_record
from fwd_report.spec.model import Project

CACHE = ".fwd-report/cache/pages.json"


def pages_current(project: Project, shown: Iterable[Shown], root: Path) -> bool:
    """Whether docs/report/ holds, byte for byte, what a render of these results wrote there."""
    digests = Digests(root / CACHE)
    current = holds_pages(Inputs(project, shown, root, digests), root, digests)
    digests.save()
    return current


def holds_pages(inputs: Inputs, root: Path, digests: Digests) -> bool:
    """The same, of digests that are there already."""
    record = read_record(root)
    index = root / "docs" / "index.md"
    if record is None or record.inputs != inputs.of_all() or not index.is_file():
        return False
    folder = f"{root}{os.sep}docs{os.sep}{OWNED}"
    return all(
        digests.of(f"docs/{OWNED}/{name}", f"{folder}{os.sep}{name}") == written
        for name, written in record.files.items()
    )


def built_profile(root: Path) -> str | None:
    """The profile of the pages that are in docs/report/, if it is known."""
    record = read_record(root)
    return record.profile if record is not None else None

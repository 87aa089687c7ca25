"""Whether the pages are up to date, found out before anything is rendered."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from fwd_report.site.inputs import Inputs, Shown
from fwd_report.site.page_folders import OWNED
from fwd_report.site.render_record import read_record
from fwd_report.spec.project import Project
from fwd_report.store.memory import memory_of


def pages_current(project: Project, shown: Iterable[Shown], root: Path) -> bool:
    """Whether docs/report/ holds, byte for byte, what a render of these results wrote there."""
    current = holds_pages(Inputs(project, shown, root), root)
    memory_of(root).save()
    return current


def holds_pages(inputs: Inputs, root: Path) -> bool:
    """The same, for digests that are already computed."""
    record = read_record(root)
    digest = inputs.of_all
    index = root / "docs" / "index.md"
    if record is None or record.inputs != digest or not index.is_file():
        return False
    folder = f"{root}{os.sep}docs{os.sep}{OWNED}"
    digest_of_file = memory_of(root).of_file_or_absent
    return all(
        digest_of_file(f"{folder}{os.sep}{name}") == written
        for name, written in record.files.items()
    )


def built_profile(root: Path) -> str | None:
    """The profile of the pages in docs/report/, if it is known."""
    record = read_record(root)
    return record.profile if record is not None else None

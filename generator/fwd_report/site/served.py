"""The folders in which servers keep sites, and copies of sites that are brought up to date."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from fwd_report.site.page_folders import OWNED
from fwd_report.site.render_record import DRAWN
from fwd_report.store.store import Store

COMPILED = ".compiled"
"""The suffix of a server's folder for the theme's compiled templates."""
FOLDERS = re.compile(r"(serve-[0-9]+)(?:\.compiled)?")


def copy_site(before: Path, site: Path, docs: Path) -> None:
    """Copy a site in which MkDocs then rebuilds what is older than its source.

    Generated pictures, whose names change with their content, are linked, since files that are
    being served must not be written to. Files that MkDocs writes again, or that no page has now,
    are left out.
    """
    figures = before / OWNED / "figures"

    def copied(source: str, target: str) -> None:
        file = Path(source)
        if file.parent != figures or not DRAWN.fullmatch(f"figures/{file.name}"):
            shutil.copyfile(source, target)
            shutil.copystat(source, target)
            return
        try:
            if (docs / OWNED / "figures" / file.name).stat().st_mtime <= file.stat().st_mtime:
                os.link(source, target)
        except OSError:
            pass  # MkDocs copies what is not there

    shutil.copytree(before, site, copy_function=copied)


def remove_abandoned(root: Path) -> None:
    """Remove the folders of killed servers; those of running ones are locked."""
    locks = Store(root).locks
    for folder in (root / ".fwd-report").iterdir():
        named = FOLDERS.fullmatch(folder.name)
        if named is None or folder.is_symlink() or not folder.is_dir():
            continue
        lock = locks.lock(named[1])
        if lock.acquire():
            try:
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                lock.release()

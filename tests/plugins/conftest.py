"""A folder of installed packages with plug-ins."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from fwd_report import sources
from fwd_report.plugins import packages


class Site:
    """A folder of installed packages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name: str, version: str, files: dict[str, str], entries: str) -> None:
        for file, text in files.items():
            path = self.folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for old in self.folder.glob(f"{name}-*.dist-info"):
            old.rename(old.with_name(f"gone-{old.name}.txt"))
        info = self.folder / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(entries)
        packages._offered.cache_clear()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("cool", "broken")]:
        monkeypatch.delitem(sys.modules, name)
    packages._offered.cache_clear()
    with mock.patch.dict(sources.AT_START):  # one dictionary, which other modules have by name
        yield Site(folder)

"""Every version says which results it makes run again."""

from __future__ import annotations

import re
from pathlib import Path

CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"


def test_every_version_says_which_results_run_again() -> None:
    versions = re.split(r"^## ", CHANGELOG.read_text(encoding="utf-8"), flags=re.M)[1:]
    assert versions
    for version in versions:
        said = re.search(r"^### Results\n\n- .+", version, re.M)
        assert said, version.splitlines()[0]


def test_a_version_has_each_heading_once_and_in_order() -> None:
    order = ["Results", "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
    versions = re.split(r"^## ", CHANGELOG.read_text(encoding="utf-8"), flags=re.M)[1:]
    assert versions
    for version in versions:
        headings = re.findall(r"^### (.+)$", version, re.M)
        assert headings
        assert headings == [name for name in order if name in headings]

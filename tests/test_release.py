"""A release is one version everywhere, and what people look for is where they look."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import fwd_report

ROOT = Path(__file__).parents[1]
SCRIPT = (ROOT / ".ci" / "release.py").read_text(encoding="utf-8")


def release(*arguments: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, root / ".ci" / "release.py", *arguments],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository that is ready for 1.2.3."""
    texts = {
        ".ci/release.py": SCRIPT,
        "generator/fwd_report/__init__.py": '__version__ = "1.2.3"\n',
        "CITATION.cff": "version: 1.2.3\n",
        "CHANGELOG.md": "## [Unreleased]\n\n## [1.2.3] - 2027-01-31\n\n### Results\n\n- None.\n\n"
        "### Fixed\n\n- A thing.\n\n## [1.2.2] - 2027-01-01\n\n### Results\n\n- All.\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_release_that_is_ready(tree: Path) -> None:
    assert release("check", "v1.2.3", root=tree).returncode == 0
    assert (
        release("notes", root=tree).stdout == "### Results\n\n- None.\n\n### Fixed\n\n- A thing.\n"
    )


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("generator/fwd_report/__init__.py", "1.2.3", "1.2.4", "the package says 1.2.4"),
        ("CITATION.cff", "1.2.3", "1.2.2", "CITATION.cff names another version"),
        ("CHANGELOG.md", "## [1.2.3] - 2027-01-31", "## [1.2.3]", "rename its Unreleased part"),
        ("CHANGELOG.md", "### Results\n\n- None.", "### Results", "which results 1.2.3"),
    ],
)
def test_a_release_that_is_not(tree: Path, name: str, old: str, new: str, said: str) -> None:
    path = tree / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    answer = release("check", "v1.2.3", root=tree)
    assert answer.returncode == 1
    assert said in answer.stderr


def test_the_citation_has_what_the_format_asks_for() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["cff-version"] == "1.2.0"
    assert cited["message"]
    assert cited["title"]
    assert all("name" in author or "family-names" in author for author in cited["authors"])
    assert cited["version"] == fwd_report.__version__
    assert cited["license"] == "MIT"


def test_people_find_it_where_they_look() -> None:
    for name in ("README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md"):
        assert (ROOT / name).is_file(), name
    steps = (ROOT / "RELEASING.md").read_text(encoding="utf-8")
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for text in (steps, contributing):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (ROOT / target).is_file(), target

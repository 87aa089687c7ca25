"""A release is one version everywhere, and what people look for is where they look."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import fwd_report

ROOT = Path(__file__).parents[1]
ADDRESS = "https://github.com/ada/fwd-report"
COLAB = "https://colab.research.google.com/"
NOTEBOOK = f"{COLAB}github/ada/fwd-report/blob/main/notebooks/colab.ipynb"
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
        "CITATION.cff": f"version: 1.2.3\nrepository-code: {ADDRESS}\nlicense: MIT\n",
        "pyproject.toml": f'[project]\n\n[project.urls]\nRepository = "{ADDRESS}"\n\n'
        "[project.scripts]\n",
        "README.md": f"[![Open](https://colab.research.google.com/x.svg)]({NOTEBOOK})\n",
        "docs/guide/colab.md": f"In [Colab]({NOTEBOOK}).\n",
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
        ("pyproject.toml", f'Repository = "{ADDRESS}"', "", "names no repository"),
        ("pyproject.toml", "ada", "bob", "README.md, docs/guide/colab.md, CITATION.cff: not the"),
        ("README.md", NOTEBOOK, COLAB, "README.md: not the repository of pyproject.toml"),
    ],
)
def test_a_release_that_is_not(tree: Path, name: str, old: str, new: str, said: str) -> None:
    path = tree / name
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    answer = release("check", "v1.2.3", root=tree)
    assert answer.returncode == 1
    assert said in answer.stderr


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/bob/fork",
        "git@github.com:bob/fork.git",
        "https://t@github.com/bob/fork/",
    ],
)
def test_the_address_is_written_to_all_places(tree: Path, url: str) -> None:
    """In a tree that had none, or another; and without one, that of `origin`."""
    (tree / "README.md").write_text(f"[![Open]({COLAB}assets/badge.svg)]({COLAB})\n")
    (tree / "pyproject.toml").write_text("[project]\n\n[project.scripts]\n")
    assert release("address", root=tree).returncode == 1, "it has no origin"
    for command in (["init", "-q"], ["remote", "add", "origin", url]):
        subprocess.run(["git", "-C", tree, *command], check=True)
    answer = release("address", root=tree)
    assert answer.returncode == 0, answer.stderr
    assert release("check", "v1.2.3", root=tree).returncode == 0
    opened = NOTEBOOK.replace("ada/fwd-report", "bob/fork")
    assert (tree / "README.md").read_text() == f"[![Open]({COLAB}assets/badge.svg)]({opened})\n"
    assert "https://github.com/bob/fork\n" in (tree / "CITATION.cff").read_text()
    again = release("address", ADDRESS, root=tree)
    assert again.returncode == 0
    assert (tree / "README.md").read_text() == f"[![Open]({COLAB}assets/badge.svg)]({NOTEBOOK})\n"
    assert release("address", "https://example.org/ada/x", root=tree).returncode == 1


def test_badge_citation_and_urls_name_one_repository() -> None:
    """Of this tree, whether or not it knows its address."""
    spec = importlib.util.spec_from_file_location("release", ROOT / ".ci" / "release.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.disagreeing() == []
    assert "Upload" in (ROOT / "README.md").read_text(encoding="utf-8")


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

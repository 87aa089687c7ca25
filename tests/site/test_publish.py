"""Publishing pushes a strictly built, checked site to gh-pages, and a dry run pushes nothing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.site.fabricate import Fabric, Sample, picture

from fwd_report.errors import RunError, UserError
from fwd_report.site.publish import publish
from fwd_report.site.render import render_site
from fwd_report.site.results import ReportResult


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    answer = subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.strip()


def made(root: Path, caption: str = "A picture.") -> ReportResult:
    fabric = Fabric(root)
    entries = [fabric.entry("a", "one", Sample(), picture(0, 8))]
    experiment = fabric.experiment("one", Sample, entries, caption=caption)
    report = fabric.report(fabric.section("a", "A", [experiment], intro="An intro."))
    render_site(report, root)
    return report


@pytest.fixture
def remote(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare repository that the project's origin points at."""
    bare = tmp_path_factory.mktemp("remote")
    git(bare, "init", "--bare", "--quiet")
    git(project, "init", "--quiet")
    git(project, "config", "user.name", "A")
    git(project, "config", "user.email", "a@example.org")
    git(project, "remote", "add", "origin", str(bare))
    return bare


def test_a_dry_run_builds_and_pushes_nothing(project: Path, remote: Path) -> None:
    assert publish(made(project), project, dry_run=True).startswith("would push")
    assert git(remote, "branch", "--list") == ""


def test_the_site_is_on_gh_pages(project: Path, remote: Path) -> None:
    assert publish(made(project), project).startswith("pushed")
    files = git(remote, "ls-tree", "-r", "--name-only", "gh-pages").splitlines()
    assert {"index.html", "report/a/index.html", ".nojekyll"} <= set(files)
    assert "Figure 1" in git(remote, "show", "gh-pages:report/a/index.html")


def test_what_the_check_finds_is_not_published(project: Path, remote: Path) -> None:
    with pytest.raises(RunError, match="placeholder 'TODO'"):
        publish(made(project, caption="TODO"), project)
    assert git(remote, "branch", "--list") == ""


def test_pages_that_are_not_of_these_results_are_not_published(project: Path, remote: Path) -> None:
    report = made(project)
    (project / "docs" / "report" / "a.md").unlink()
    with pytest.raises(RunError, match="run fwd-report build"):
        publish(report, project, dry_run=True)
    assert not (project / "docs" / "report" / "a.md").exists(), "publishing renders nothing"


def test_a_site_that_does_not_build_is_not_published(project: Path, remote: Path) -> None:
    (project / "mkdocs.yml").write_text("INHERIT: docs/report/_nav.yml\nplugins: [nonsense]\n")
    with pytest.raises(RunError, match="nonsense"):
        publish(made(project), project)
    assert git(remote, "branch", "--list") == ""


def test_without_a_remote_the_way_out_is_named(project: Path) -> None:
    shutil.rmtree(project / ".git", ignore_errors=True)
    with pytest.raises(UserError, match="git remote add origin"):
        publish(made(project), project, dry_run=True)

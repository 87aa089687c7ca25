"""Publishing from any kind of clone, to branches and remotes of any name, beside other writers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.helpers.publishing import (
    PORTFOLIO,
    PROJ5,
    SITE,
    Site,
    git,
    inside,
    made,
    on_branch,
    repository,
)

from fwd_report.errors import RunError, UserError
from fwd_report.site import publish as publishing
from fwd_report.site.publish import publish
from fwd_report.site.published_files import MARK
from fwd_report.site.results import ReportResult
from fwd_report.site.target import Target


def shallow(project: Path, tmp: Path) -> Path:
    git(project, "add", "--all", "--force", "docs", "mkdocs.yml", "experiments", ".fwd-report")
    git(project, "commit", "--quiet", "-m", "one")
    git(project, "push", "--quiet", "origin", "HEAD:main")
    git(tmp, "clone", "--quiet", "--depth=1", "--branch=main",
        f"file://{git(project, 'remote', 'get-url', 'origin')}", "clone")  # fmt: skip
    git(tmp / "clone", "config", "user.name", "B")
    git(tmp / "clone", "config", "user.email", "b@example.org")
    assert git(tmp / "clone", "rev-parse", "--is-shallow-repository") == "true"
    return tmp / "clone"


def worktree(project: Path, tmp: Path) -> Path:
    git(project, "add", "--all", "--force", "docs", "mkdocs.yml", "experiments", ".fwd-report")
    git(project, "commit", "--quiet", "-m", "one")
    git(project, "worktree", "add", "--quiet", str(tmp / "tree"), "-b", "elsewhere")
    return tmp / "tree"


def detached(project: Path, tmp: Path) -> Path:
    git(project, "add", "mkdocs.yml")
    git(project, "commit", "--quiet", "-m", "one")
    git(project, "checkout", "--quiet", "--detach")
    return project


def below_the_top(project: Path, tmp: Path) -> Path:
    (project / "course").mkdir()
    for path in [path for path in project.iterdir() if path.name not in (".git", "course")]:
        path.rename(project / "course" / path.name)
    git(project, "add", "course")
    git(project, "commit", "--quiet", "--message", "A report.")
    return project / "course"


@pytest.mark.parametrize("kind", [shallow, worktree, detached, below_the_top])
def test_from_any_kind_of_clone(
    project: Path,
    portfolio: Path,
    report: ReportResult,
    site: Site,
    tmp_path_factory: pytest.TempPathFactory,
    kind: Callable[[Path, Path], Path],
) -> None:
    place = kind(project, tmp_path_factory.mktemp("place"))
    was_shallow = git(place, "rev-parse", "--is-shallow-repository")
    again = made(place)
    head = git(place, "rev-parse", "HEAD")
    branches = git(place, "branch", "--list")
    publish(again, place, PROJ5)
    files = on_branch(portfolio)
    assert inside(files, "proj5/") == SITE
    assert PORTFOLIO.items() <= files.items()
    assert git(place, "branch", "--list") == branches
    assert "gh-pages" not in branches
    assert git(place, "rev-parse", "HEAD") == head
    assert git(place, "diff", "--cached", "--name-only") == ""
    assert git(place, "rev-parse", "--is-shallow-repository") == was_shallow


def test_from_a_second_machine_that_never_fetched_the_branch(
    project: Path,
    portfolio: Path,
    report: ReportResult,
    site: Site,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    publish(report, project, PROJ5)
    second = Path(shutil.copytree(project, tmp_path_factory.mktemp("second") / "p"))
    shutil.rmtree(second / ".git")
    repository(second)
    git(second, "remote", "add", "origin", str(portfolio))
    site.files = {"index.html": "from the second"}
    publish(made(second), second, PROJ5)
    assert inside(on_branch(portfolio), "proj5/") == site.files


def test_a_branch_that_is_not_born_yet(
    project: Path, remote: Path, report: ReportResult, site: Site
) -> None:
    publish(report, project, PROJ5)
    assert inside(on_branch(remote), "proj5/") == SITE
    assert set(on_branch(remote)) == {f"proj5/{name}" for name in (*SITE, MARK)} | {".nojekyll"}


def test_another_branch_and_a_remote_of_another_name(
    project: Path, remote: Path, report: ReportResult, site: Site
) -> None:
    git(project, "remote", "rename", "origin", "course")
    publish(report, project, Target("docs", branch="main"))
    assert inside(on_branch(remote, "main"), "docs/") == SITE
    git(project, "remote", "add", "second", "/nowhere")
    with pytest.raises(UserError, match="no git remote named 'origin'") as refused:
        publish(report, project, PROJ5)
    assert "course, second" in str(refused.value)
    publish(report, project, replace(PROJ5, remote="course"))


@pytest.mark.parametrize("writers", [1, 2])
def test_a_second_writer_in_between_loses_nothing(
    project: Path,
    portfolio: Path,
    report: ReportResult,
    site: Site,
    tmp_path_factory: pytest.TempPathFactory,
    writers: int,
) -> None:
    """The user's own pre-push hook pushes somebody else's commit between our fetch and our push."""
    tmp = tmp_path_factory.mktemp("in-between")
    git(tmp, "clone", "--quiet", "--branch=gh-pages", str(portfolio), "theirs")
    hook = project / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        "#!/bin/sh\nunset GIT_DIR GIT_PREFIX\n"
        f"cd {tmp}/theirs && n=$(ls proj9 2>/dev/null | wc -l) && test $n -ge {writers} && exit 0\n"
        "mkdir -p proj9 && date > proj9/$n.txt && git add -A &&\n"
        "git -c user.name=B -c user.email=b@e.org commit -qm theirs && git push -q\n"
    )
    hook.chmod(0o755)
    publish(report, project, PROJ5)
    files = on_branch(portfolio)
    assert inside(files, "proj5/") == SITE
    assert {f"proj9/{n}.txt" for n in range(writers)} <= set(files)
    assert PORTFOLIO.items() <= files.items()
    assert len(git(portfolio, "rev-list", "gh-pages").split()) == 2 + writers, "nobody was forced"


def test_a_writer_who_is_always_first_is_an_error_in_the_end(
    project: Path,
    portfolio: Path,
    report: ReportResult,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(publishing.RemoteBranch, "push", lambda *_: False)
    monkeypatch.setattr(publishing.time, "sleep", lambda _: None)
    with pytest.raises(RunError, match="came second"):
        publish(report, project, PROJ5)

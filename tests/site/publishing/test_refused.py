"""What is not published, and why: nothing unchecked, nothing hostile, nothing half."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.helpers.publishing import (
    PROJ5,
    SITE,
    Site,
    git,
    inside,
    made,
    on_branch,
    repository,
    write_branch,
)

from fwd_report.errors import RunError, UserError
from fwd_report.site.branch import RemoteBranch, Tip
from fwd_report.site.publish import _refusal, build_site, publish, uncommitted
from fwd_report.site.published_files import Changes
from fwd_report.site.results import ReportResult
from fwd_report.site.target import Target


@pytest.mark.parametrize("folder", ["/etc", "../x", "a/../b", "a\\b", ".git", "x/.GIT/hooks"])
def test_a_folder_that_is_none_is_refused(
    project: Path, remote: Path, report: ReportResult, folder: str
) -> None:
    with pytest.raises(UserError, match="no folder of a branch"):
        publish(report, project, Target(folder))


def test_a_file_where_the_folder_must_be(
    project: Path,
    remote: Path,
    report: ReportResult,
    site: Site,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    write_branch(remote, tmp_path_factory.mktemp("writer"), {"proj5": "a file"})
    with pytest.raises(UserError, match="proj5 is a file"):
        publish(report, project, Target("proj5/deep", replace=True))


def test_nobody_is_asked_and_passwords_are_not_printed(
    project: Path, remote: Path, report: ReportResult, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The host wants to know who it is: ssh would ask at the terminal, and must not."""
    git(project, "remote", "set-url", "origin", "https://ada:hunter2@127.0.0.1:9/ada/x.git")
    with pytest.raises(RunError, match="does not answer") as failed:
        publish(report, project)
    assert "hunter2" not in str(failed.value)
    ssh = tmp_path_factory.mktemp("ssh") / "ssh"
    ssh.write_text(
        "#!/bin/sh\n(read answer < /dev/tty) 2>/dev/null || echo 'Permission denied' >&2\n"
    )
    ssh.chmod(0o755)
    git(project, "config", "core.sshCommand", str(ssh))
    git(project, "remote", "set-url", "origin", "git@127.0.0.1:ada/x.git")
    with pytest.raises(RunError, match="ssh-agent"):
        publish(report, project)


def test_without_a_name_git_says_how_to_give_one(
    project: Path, remote: Path, report: ReportResult, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(project, "config", "--unset", "user.name")
    git(project, "config", "--unset", "user.email")
    git(project, "config", "user.useConfigOnly", "true")
    monkeypatch.setenv("HOME", str(project))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(project))
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UserError, match=r"git config user\.name"):
        publish(report, project)
    assert git(remote, "branch", "--list") == ""


def test_the_repositorys_own_commands_do_not_run(
    project: Path, remote: Path, report: ReportResult, site: Site
) -> None:
    """A folder from somebody else may bring a repository that wants to run things."""
    trap = project / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch '{project}/sprung'\n")
    trap.chmod(0o755)
    git(project, "config", "core.fsmonitor", str(trap))
    hooks = project / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-index-change", "pre-auto-gc"):
        shutil.copy(trap, hooks / name)
    publish(report, project, PROJ5, dry_run=True)
    assert not (project / "sprung").exists()


def test_a_hook_of_another_repository_does_not_lead_astray(
    project: Path, remote: Path, report: ReportResult, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    publish(report, project, PROJ5)
    monkeypatch.delenv("GIT_DIR")
    assert inside(on_branch(remote), "proj5/") == SITE


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


def test_without_a_repository_or_a_remote_the_way_out_is_named(project: Path) -> None:
    report = made(project)
    with pytest.raises(UserError, match="git remote add origin"):
        publish(report, project, dry_run=True)
    repository(project)
    with pytest.raises(UserError, match="has no remote"):
        publish(report, project, dry_run=True)
    assert not list((project / ".fwd-report").glob("publish/*"))


def test_what_git_cannot_do_is_an_error_of_the_run(
    project: Path, remote: Path, report: ReportResult, site: Site
) -> None:
    """An object folder that takes no files, for one: no call of git ends in a traceback."""
    shutil.rmtree(project / ".git" / "objects")
    (project / ".git" / "objects").mkdir()
    (project / ".git" / "objects" / "pack").mkdir()
    for number in range(256):
        (project / ".git" / "objects" / f"{number:02x}").touch()
    with pytest.raises(RunError, match="database"):
        publish(report, project)
    assert git(remote, "branch", "--list") == ""


def test_a_remote_whose_name_is_an_option_is_refused(
    project: Path, remote: Path, report: ReportResult, site: Site
) -> None:
    git(project, "config", "remote.--all.url", str(remote))
    with pytest.raises(UserError, match="'--all' for an option"):
        publish(report, project, Target(remote="--all"))


def test_no_filter_of_a_submodule_runs(
    project: Path, remote: Path, report: ReportResult, site: Site
) -> None:
    """A status of a submodule obeys the configuration that the submodule has of its own."""
    sub = project / "docs" / "sub"
    sub.mkdir()
    repository(sub)
    (sub / ".gitattributes").write_text("* filter=trap\n")
    (sub / "a.txt").write_text("a")
    git(sub, "add", "--all")
    git(sub, "commit", "--quiet", "-m", "one")
    git(project, "add", "docs/sub")
    git(project, "commit", "--quiet", "-m", "one")
    git(sub, "config", "filter.trap.clean", f"touch '{project}/sprung'; cat")
    (sub / "a.txt").write_text("b")
    uncommitted(project)
    assert not (project / "sprung").exists()


@pytest.mark.parametrize("trusted", [True, False])
def test_links_that_lead_out_of_the_project_are_not_published(
    project: Path, remote: Path, tmp_path_factory: pytest.TempPathFactory, trusted: bool
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "key.txt").write_text("secret")
    docs = project / "docs"
    (project / "more").mkdir()
    (project / "more" / "folder").symlink_to(elsewhere)
    (docs / "within").symlink_to(project / "more")
    (docs / "key.txt").symlink_to(elsewhere / "key.txt")
    report = made(project)
    (docs / "loop").symlink_to(docs)
    with pytest.raises(UserError) as refused:
        build_site(project, project / "site", trusted=trusted)
    assert "docs/key.txt" in str(refused.value)
    assert "docs/within/folder" in str(refused.value)
    assert "loop" not in str(refused.value)
    (docs / "loop").unlink()
    with pytest.raises(UserError, match="lead out of the project"):
        publish(report, project)
    assert git(remote, "branch", "--list") == ""


def test_pages_that_change_after_the_check_are_not_published(
    project: Path, remote: Path, report: ReportResult, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another build, while the remote is being asked."""

    def fetch(branch: RemoteBranch) -> Tip:
        made(project, caption="Another picture.")
        return fetched(branch)

    fetched = RemoteBranch.fetch
    monkeypatch.setattr(RemoteBranch, "fetch", fetch)
    with pytest.raises(RunError, match="changed while they were being published; run it again"):
        publish(report, project)
    assert git(remote, "branch", "--list") == ""


def test_one_file_of_somebody_else_is_named_with_every_way_out() -> None:
    problem = _refusal(Changes((), (), (), ("README.md",)), "proj5/ of the branch", "proj5/")
    assert "proj5/ of the branch holds 1 file that fwd-report did not publish" in problem.message
    assert problem.message.endswith("proj5/README.md")
    for way in ("move it elsewhere", "another folder, --to NAME/", "--replace"):
        assert way in problem.hint

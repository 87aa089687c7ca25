"""Publishing: a checked, strictly built site in one folder of a branch, and nothing else touched.

Real repositories and real git. Where only the branch matters, the site is a few files instead of
what MkDocs builds.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.helpers.fabricate import Fabric, Sample, picture

from fwd_report.errors import RunError, UserError
from fwd_report.site import publish as publishing
from fwd_report.site.branch import RemoteBranch, Tip
from fwd_report.site.publish import build_site, publish, uncommitted
from fwd_report.site.published_files import MARK
from fwd_report.site.render import render_site
from fwd_report.site.results import ReportResult
from fwd_report.site.target import Target

PORTFOLIO = {
    "index.html": "<h1>Ada</h1>",
    "proj1/index.html": "one",
    "proj2/a.html": "two",
    "CNAME": "ada.example.org\n",
}
SITE = {"index.html": "<h1>Report</h1>", "a/index.html": "a", "404.html": "gone"}
IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@example.org")


def git(folder: Path, *arguments: str, text: str | None = None) -> str:
    answer = subprocess.run(
        ["git", "-C", str(folder), *IDENTITY, *arguments],
        capture_output=True,
        text=True,
        input=text,
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


def repository(folder: Path) -> None:
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "user.name", "A")
    git(folder, "config", "user.email", "a@example.org")


@pytest.fixture
def remote(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare repository that the project's origin points at."""
    bare = tmp_path_factory.mktemp("remote")
    git(bare, "init", "--bare", "--quiet")
    repository(project)
    git(project, "remote", "add", "origin", str(bare))
    return bare


@dataclass
class Site:
    """What the next publish finds built."""

    files: dict[str, str]

    def __call__(self, root: Path, site: Path, *_: object) -> None:
        for name, text in self.files.items():
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_text(text)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    fake = Site(dict(SITE))
    monkeypatch.setattr(publishing, "build_site", fake)
    return fake


@pytest.fixture
def report(project: Path) -> ReportResult:
    return made(project)


def write_branch(
    bare: Path, tmp: Path, files: dict[str, str | None], branch: str = "gh-pages"
) -> None:
    """Another writer's commit on the branch; None removes a file."""
    other = tmp / "other"
    shutil.rmtree(other, ignore_errors=True)
    git(tmp, "clone", "--quiet", str(bare), str(other))
    there = git(bare, "branch", "--list", branch)
    git(other, "checkout", "--quiet", *(() if there else ("--orphan",)), branch)
    for name, text in files.items():
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            (other / name).unlink()
        else:
            (other / name).write_text(text)
    git(other, "add", "--all")
    git(other, "commit", "--quiet", "-m", "theirs")
    git(other, "push", "--quiet", "origin", branch)


@pytest.fixture
def portfolio(remote: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The remote, with a gh-pages that holds other projects."""
    write_branch(remote, tmp_path_factory.mktemp("writer"), dict(PORTFOLIO))
    return remote


def on_branch(bare: Path, branch: str = "gh-pages") -> dict[str, str]:
    names = git(bare, "ls-tree", "-r", "--name-only", "-z", branch).split("\0")
    return {
        name: subprocess.run(
            ["git", "-C", str(bare), "show", f"{branch}:{name}"], capture_output=True, check=True
        ).stdout.decode("utf-8", "replace")
        for name in names
        if name
    }


def inside(files: dict[str, str], folder: str) -> dict[str, str]:
    return {
        name.removeprefix(folder): text
        for name, text in files.items()
        if name.startswith(folder) and not name.endswith(MARK)
    }


PROJ5 = Target("proj5/")


def test_the_site_is_on_gh_pages(project: Path, remote: Path, report: ReportResult) -> None:
    assert publish(report, project).startswith("pushed")
    files = on_branch(remote)
    assert {"index.html", "report/a/index.html", ".nojekyll"} <= set(files)
    assert "Figure 1" in files["report/a/index.html"]
    assert publish(report, project).startswith("nothing to publish")


def test_into_a_folder_and_nothing_else_is_touched(
    project: Path, portfolio: Path, report: ReportResult, site: Site
) -> None:
    said = publish(report, project, PROJ5)
    files = on_branch(portfolio)
    assert inside(files, "proj5/") == SITE
    assert {name: text for name, text in files.items() if not name.startswith("proj5/")} == (
        PORTFOLIO
    )
    assert "https://ada.example.org/proj5/" in said
    assert "Deploy from a branch" in said


def test_foreign_files_are_listed_and_refused(
    project: Path, portfolio: Path, report: ReportResult, site: Site
) -> None:
    for dry_run in (True, False):
        with pytest.raises(UserError) as refused:
            publish(report, project, dry_run=dry_run)
        for name in ("index.html", "proj1/index.html", "proj2/a.html", "--to", "--replace"):
            assert name in str(refused.value)
        assert "CNAME" not in str(refused.value)
    assert on_branch(portfolio) == PORTFOLIO


def test_replace_means_it_and_keeps_what_the_host_needs(
    project: Path, portfolio: Path, report: ReportResult, site: Site
) -> None:
    publish(report, project, Target(replace=True))
    assert inside(on_branch(portfolio), "") == {
        **SITE,
        ".nojekyll": "",
        "CNAME": PORTFOLIO["CNAME"],
    }


def test_a_later_publish_removes_what_an_earlier_one_wrote_and_no_more(
    project: Path,
    portfolio: Path,
    report: ReportResult,
    site: Site,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    publish(report, project, PROJ5)
    site.files = {"index.html": "second", "b.html": "b"}
    publish(report, project, PROJ5)
    assert inside(on_branch(portfolio), "proj5/") == site.files

    tmp = tmp_path_factory.mktemp("somebody")
    write_branch(portfolio, tmp, {"proj5/index.html": "edited on GitHub", "proj5/notes.txt": "n"})
    with pytest.raises(UserError) as refused:
        publish(report, project, PROJ5)
    assert "index.html" in str(refused.value)
    assert "notes.txt" in str(refused.value)
    assert "b.html" not in str(refused.value)
    publish(report, project, replace(PROJ5, replace=True))
    assert inside(on_branch(portfolio), "proj5/") == site.files


def test_a_dry_run_says_exactly_what_a_publish_then_does(
    project: Path, portfolio: Path, report: ReportResult, site: Site
) -> None:
    publish(report, project, PROJ5)
    site.files = {"index.html": "second", "b.html": "b", "404.html": "gone"}
    before = on_branch(portfolio)
    objects = git(project, "count-objects")
    said = publish(report, project, PROJ5, dry_run=True).splitlines()
    assert on_branch(portfolio) == before
    assert git(project, "count-objects") == objects
    assert [line for line in said if line[:2] in ("+ ", "~ ", "- ")] == [
        "+ proj5/b.html",
        "~ proj5/index.html",
        "- proj5/a/index.html",
    ]
    assert "1 added, 1 changed, 1 removed" in publish(report, project, PROJ5)


def test_nothing_is_pushed_when_nothing_changed(
    project: Path, portfolio: Path, report: ReportResult, site: Site
) -> None:
    site.files["sitemap.xml"] = "<lastmod>2026-01-01"
    publish(report, project, PROJ5)
    commit = git(portfolio, "rev-parse", "gh-pages")
    site.files["sitemap.xml"] = "<lastmod>2026-01-02"
    assert publish(report, project, PROJ5).startswith("nothing to publish")
    assert git(portfolio, "rev-parse", "gh-pages") == commit


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


def test_what_is_not_committed_is_named(
    project: Path, remote: Path, report: ReportResult, site: Site
) -> None:
    (project / ".gitignore").write_text(".fwd-report/\n/docs/report/\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "one")
    assert "not committed" not in publish(report, project, PROJ5)
    changed = made(project, caption="Another picture.")
    site.files["index.html"] = "another"
    assert "experiments/a.yaml" in publish(changed, project, PROJ5)
    message = git(remote, "log", "-1", "--format=%B", "gh-pages")
    assert message.startswith(f"Site of {git(project, 'rev-parse', '--short', 'HEAD')}")
    assert "experiments/a.yaml" in message


def test_files_are_published_as_they_are(
    project: Path, remote: Path, report: ReportResult, site: Site
) -> None:
    """No filter, no change of line ends, whatever the repository is set to; odd names too."""
    git(project, "config", "core.autocrlf", "input")
    (project / ".gitattributes").write_text("* text eol=lf\n*.html ident\n")
    site.files = {"a.html": "one\r\ntwo\r\n$Id$\n", 'new\nline "é".txt': "x", "_under.css": "y"}
    publish(report, project, PROJ5)
    assert inside(on_branch(remote), "proj5/") == site.files


def test_the_mark_of_a_later_version_and_one_that_is_none(
    project: Path,
    remote: Path,
    report: ReportResult,
    site: Site,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    publish(report, project, PROJ5)
    tmp = tmp_path_factory.mktemp("writer")
    write_branch(remote, tmp, {f"proj5/{MARK}": json.dumps({"version": 99, "files": {}})})
    with pytest.raises(UserError, match="later version"):
        publish(report, project, PROJ5)
    for broken in ("[1]", "[" * 100000, '{"files": {"index.html": 5}}'):
        write_branch(remote, tmp, {f"proj5/{MARK}": broken})
        site.files["index.html"] = f"changed {len(broken)}"
        with pytest.raises(UserError, match="did not publish"):
            publish(report, project, PROJ5)


def test_the_reports_of_others_in_sub_folders_stay(
    project: Path, remote: Path, report: ReportResult, site: Site
) -> None:
    publish(report, project, PROJ5)
    publish(report, project)
    site.files["index.html"] = "second"
    publish(report, project)
    files = on_branch(remote)
    assert inside(files, "proj5/") == SITE
    assert files["index.html"] == "second"


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

"""Publishing: a checked, strictly built site in one folder of a branch, and nothing else touched.

Real repositories and real git. Where only the branch matters, the site is a few files instead of
what MkDocs builds.
"""

from __future__ import annotations

import json
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
    write_branch,
)

from fwd_report.errors import UserError
from fwd_report.site.publish import publish
from fwd_report.site.published_files import MARK
from fwd_report.site.results import ReportResult
from fwd_report.site.target import Target


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

"""A site knows the address it is read at, and is whole there: under a sub-path, too."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.helpers.crawl import addresses, dead_links
from tests.helpers.publishing import PROJ5, made, on_branch, repository
from tests.site.publishing.conftest import portfolio, remote

from fwd_report.errors import UserError
from fwd_report.site.address import pages_address
from fwd_report.site.publish import publish
from fwd_report.site.target import Target

__all__ = ("portfolio", "remote")
WRITEUP = "https://ada.github.io/Write-up/"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://github.com/Ada/Write-up", WRITEUP),
        ("https://github.com/Ada/Write-up.git", WRITEUP),
        ("https://github.com/Ada/Write-up.git/", WRITEUP),
        ("https://ada:token@github.com/Ada/Write-up.git", WRITEUP),
        ("http://www.github.com/Ada/Write-up", WRITEUP),
        ("git://github.com/Ada/Write-up.git", WRITEUP),
        ("ssh://git@github.com/Ada/Write-up.git", WRITEUP),
        ("ssh://git@github.com:22/Ada/Write-up.git", WRITEUP),
        ("ssh://git@ssh.github.com:443/Ada/Write-up.git", WRITEUP),
        ("git+ssh://git@github.com/Ada/Write-up", WRITEUP),
        ("git@github.com:Ada/Write-up.git", WRITEUP),
        ("git@github.com:/Ada/Write-up.git", WRITEUP),
        ("github.com:Ada/Write-up", WRITEUP),
        ("org-1234@github.com:Ada/Write-up.git", WRITEUP),
        ("git@GitHub.com:Ada/Ada.github.io.git", "https://ada.github.io/"),
        ("https://github.com/ada/ada.github.io", "https://ada.github.io/"),
        ("https://gitlab.com/ada/write-up.git", "https://ada.gitlab.io/write-up/"),
        ("git@gitlab.com:group/sub/write-up.git", "https://group.gitlab.io/sub/write-up/"),
        ("git@gitlab.com:ada/ada.gitlab.io.git", "https://ada.gitlab.io/"),
        ("https://github.com/ada", None),
        ("https://github.com/ada/tree/main", None),
        ("https://example.org/ada/write-up.git", None),
        ("git@github-at-work:ada/write-up.git", None),
        ("/srv/git/github.com/ada.git", None),
        ("file:///srv/git/ada/write-up.git", None),
        ("C:\\repositories\\github.com\\x", None),
        ("https://[broken/ada/x", None),
        ("", None),
    ],
)
def test_the_address_of_a_remotes_pages(url: str, address: str | None) -> None:
    assert pages_address(url) == address


def site_url(root: Path) -> str | None:
    return yaml.safe_load((root / "docs/report/_nav.yml").read_text()).get("site_url")


def test_a_plain_mkdocs_build_knows_the_address(project: Path) -> None:
    made(project)
    assert site_url(project) is None
    repository(project)
    subprocess.run(
        ["git", "-C", project, "remote", "add", "hub", "git@github.com:ada/report.git"], check=True
    )
    made(project)
    assert site_url(project) == "https://ada.github.io/report/"
    (project / "docs" / "CNAME").write_text("Report.Ada.Example.Org\n")
    made(project)
    assert site_url(project) == "https://report.ada.example.org/"
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"], cwd=project, check=True
    )
    found = set(addresses((project / "site/sitemap.xml").read_text()))
    assert {f"https://report.ada.example.org/{page}" for page in ("", "report/a/")} <= found


def test_a_site_is_whole_under_its_sub_path(
    project: Path, portfolio: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Published into a folder of a repository's pages, and crawled as the host serves them."""
    report = made(project)
    target = Target("proj5/", site_url="https://ada.github.io/repo/proj5/")
    assert "https://ada.github.io/repo/proj5/" in publish(report, project, target)
    tree = tmp_path_factory.mktemp("served")
    subprocess.run(
        ["git", "clone", "--quiet", "--branch=gh-pages", str(portfolio), str(tree)], check=True
    )
    assert dead_links(tree, "/repo/", "proj5/") == []
    assert dead_links(tree, "/elsewhere/", "proj5/"), "the crawler sees what is wrong"
    assert set(addresses((tree / "proj5/sitemap.xml").read_text())) == {
        f"https://ada.github.io/repo/proj5/{page}" for page in ("", "report/a/")
    }
    lost = (tree / "proj5/404.html").read_text()
    assert "There is no such page" in lost
    assert '<a href="/repo/proj5/report/a/">A</a>' in lost
    shutil.rmtree(tree)


def test_an_address_that_is_not_the_folders_is_an_error(project: Path, remote: Path) -> None:
    with (project / "mkdocs.yml").open("a") as file:
        file.write("site_url: https://ada.example.org/proj4/\n")
    report = made(project)
    with pytest.raises(UserError, match=r"site_url says https://ada\.example\.org/proj4/"):
        publish(report, project, PROJ5)
    publish(report, project, Target("proj4"))
    found = on_branch(remote)["proj4/sitemap.xml"]
    assert "https://ada.example.org/proj4/report/a/" in set(addresses(found))

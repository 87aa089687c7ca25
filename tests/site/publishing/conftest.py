"""A project to publish, and where to."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.helpers.publishing import PORTFOLIO, SITE, Site, git, made, repository, write_branch

from fwd_report.site import publish as publishing
from fwd_report.site.results import ReportResult


@pytest.fixture
def remote(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare repository that the project's origin points at."""
    bare = tmp_path_factory.mktemp("remote")
    git(bare, "init", "--bare", "--quiet")
    repository(project)
    git(project, "remote", "add", "origin", str(bare))
    return bare


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    fake = Site(dict(SITE))
    monkeypatch.setattr(publishing, "build_site", fake)
    return fake


@pytest.fixture
def report(project: Path) -> ReportResult:
    return made(project)


@pytest.fixture
def portfolio(remote: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The remote, with a gh-pages that holds other projects."""
    write_branch(remote, tmp_path_factory.mktemp("writer"), dict(PORTFOLIO))
    return remote

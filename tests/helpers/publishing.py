"""Repositories to publish into, small sites to publish, and what then is on the branch."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.helpers.fabricate import Fabric, Sample, picture

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


@dataclass
class Site:
    """What the next publish finds built."""

    files: dict[str, str]

    def __call__(self, root: Path, site: Path, *_: object) -> None:
        for name, text in self.files.items():
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_text(text)


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


def on_branch(bare: Path, branch: str = "gh-pages") -> dict[str, str]:
    """The texts of the files on the branch, by path."""
    listed = git(bare, "ls-tree", "-r", "-z", branch)
    entries = [entry.partition("\t") for entry in listed.split("\0") if entry]
    answer = subprocess.run(
        ["git", "-C", str(bare), "cat-file", "--batch"],
        input="\n".join(of.split()[-1] for of, _, _ in entries).encode(),
        capture_output=True,
        check=True,
    )
    stream = io.BytesIO(answer.stdout)
    found = {}
    for _, _, name in entries:
        size = int(stream.readline().split()[-1])
        found[name] = stream.read(size).decode("utf-8", "replace")
        stream.readline()
    return found


def inside(files: dict[str, str], folder: str) -> dict[str, str]:
    return {
        name.removeprefix(folder): text
        for name, text in files.items()
        if name.startswith(folder) and not name.endswith(MARK)
    }


PROJ5 = Target("proj5/")

"""A report in two clones of a repository, whose remote of results is a folder beside them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from PIL import Image
from tests.helpers.project import Project

REPORT = """\
title: A report
profiles: [embedded, gpu]
store: ../shared
push: true
"""
NOISE = """\
title: Noise
order: 10
intro: Noise at {{ runs.dot[0].params.t }}.
experiments:
  - id: dot
    technique: forward
    image: experiments/images/dot.png
    sweep: {t: [250, 500]}
    sweep@gpu: {t: [300, 600, 900]}
    caption: More and more noise.
    discussion: Noise.
"""
MORE = (
    NOISE.replace("title: Noise\norder: 10", "title: More\norder: 20")
    .replace("[250, 500]", "[350, 750]")
    .replace("[300, 600, 900]", "[310, 610, 910]")
)


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True
    )


def pages(project: Project) -> dict[str, bytes]:
    folder = project.root / "docs" / "report"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def right(answer: subprocess.CompletedProcess[str]) -> str:
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout + answer.stderr


def two_clones(tmp_path: Path) -> tuple[Project, Project]:
    """Two clones of a repository, whose remote of results is a folder beside them."""
    origin = Project(tmp_path / "origin")
    (origin.root / "experiments" / "images").mkdir(parents=True)
    Image.new("RGB", (64, 64), "orange").save(origin.root / "experiments/images/dot.png")
    origin.write("report", REPORT)
    origin.write("noise", NOISE)
    origin.write("more", MORE)
    (origin.root / ".gitignore").write_text("/.fwd-report/\n/docs/report/\n")
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(origin.root))
    git(origin.root, "add", "--all")
    git(origin.root, "commit", "--quiet", "-m", "A report")
    found = []
    for name in ("made", "shown"):
        git(tmp_path, "clone", "--quiet", str(origin.root), str(tmp_path / name))
        found.append(Project(tmp_path / name))
    return found[0], found[1]

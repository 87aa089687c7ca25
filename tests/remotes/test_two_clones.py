"""Results travel: made in one clone under a profile, shown by another that runs nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image
from tests.helpers.project import Project

import fwd_report

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
WORKFLOW = Path(fwd_report.__file__).parent / "starter_files" / "pages.yml"


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True
    )


@pytest.fixture
def clones(tmp_path: Path) -> tuple[Project, Project]:
    """Two clones of a repository, whose remote of results is a folder beside them."""
    origin = Project(tmp_path / "origin")
    (origin.root / "experiments" / "images").mkdir(parents=True)
    Image.new("RGB", (64, 64), "orange").save(origin.root / "experiments/images/dot.png")
    origin.write("report", REPORT)
    origin.write("noise", NOISE)
    origin.write("more", MORE)
    (origin.root / ".gitignore").write_text("/.fwd-report/\n/docs/report/\n/bin/\n")
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(origin.root))
    git(origin.root, "add", "--all")
    git(origin.root, "commit", "--quiet", "-m", "A report")
    found = []
    for name in ("made", "shown"):
        git(tmp_path, "clone", "--quiet", str(origin.root), str(tmp_path / name))
        found.append(Project(tmp_path / name))
    return found[0], found[1]


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


def test_what_one_clone_makes_another_shows(clones: tuple[Project, Project]) -> None:
    made, shown = clones
    assert "ran 6 of 6 runs" in (said := right(made("build", "--profile", "gpu")))
    assert "sent 6 results to" in said
    assert "nothing to run; pages are up to date" in right(made("build", "--profile", "gpu"))
    assert shown("build", "--profile", "gpu", "--cached-only", "--store", "none").returncode == 3
    assert "took 6 results from" in right(shown("store", "pull", "--profile", "gpu"))
    assert "nothing to run" in right(shown("build", "--profile", "gpu", "--cached-only"))
    assert pages(shown) == pages(made)
    assert len(pages(made)) > 10
    assert "all fresh" in right(shown("plan", "--why", "--profile", "gpu"))


def test_a_store_that_was_deleted_comes_back(clones: tuple[Project, Project]) -> None:
    made, _ = clones
    right(made("build", "--store", "none"))
    before = pages(made)
    assert "sent 4 results to" in right(made("store", "push"))
    shutil.rmtree(made.root / ".fwd-report" / "store")
    shutil.rmtree(made.root / "docs" / "report")
    assert "took 4 results from" in right(made("store", "pull"))
    assert "nothing to run" in right(made("build"))
    assert pages(made) == before


def test_a_build_takes_what_is_there_and_runs_the_rest(clones: tuple[Project, Project]) -> None:
    made, shown = clones
    right(made("build", "--only", "noise"))
    said = right(shown("build"))
    assert "took 2 results from" in said
    assert "ran 2 of 4 runs" in said
    assert "sent 2 results to" in said
    assert "ran 4 of 4 runs" in right(shown("build", "--force")), "what is to run again is run"
    assert "nothing to send" in right(made("store", "push"))


def test_the_workflow_that_init_leaves(clones: tuple[Project, Project]) -> None:
    """Its own words, run as the host runs them."""
    made, shown = clones
    jobs: Any = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
    (step,) = [step for step in jobs["build"]["steps"] if "store pull" in step.get("run", "")]
    programs = shown.root / "bin"
    programs.mkdir()
    program = programs / "fwd-report"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m fwd_report "$@"\n')
    program.chmod(0o755)

    def host(profile: str) -> subprocess.CompletedProcess[str]:
        environment = {**shown.environment(), **dict.fromkeys(step["env"], ""), "PROFILE": profile}
        environment["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "-e", "-c", step["run"]], cwd=shown.root, env=environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    right(made("build", "--profile", "gpu"))
    assert "nothing to run; wrote" in right(host("gpu"))
    assert pages(shown) == pages(made)
    missing = host("")
    assert missing.returncode == 3
    assert "4 runs are not in the store, of: more.dot, noise.dot" in missing.stderr
    shutil.move(made.root.parent / "shared", made.root.parent / "elsewhere")
    report = shown.root / "experiments" / "report.yaml"
    report.write_text(REPORT.replace("../shared", "../gone/shared"))
    assert host("").returncode == 1, "a remote that cannot be used is no reason to run all here"
    report.write_text("title: A report\n")
    assert "ran 4 of 4 runs" in right(host(""))


def test_status_says_where_results_are(clones: tuple[Project, Project]) -> None:
    made, shown = clones
    right(made("build", "--only", "noise"))
    right(shown("build", "--only", "more", "--store", "none"))
    lines = right(shown("store", "status")).splitlines()
    assert [line.split() for line in lines] == [
        ["runs", "here", "remote", "neither"], ["noise", "2", "0", "2", "0"],
        ["more", "2", "2", "0", "0"],
    ]  # fmt: skip
    said = yaml.safe_load(right(made("store", "status", "--only", "more", "--json")))
    shared = str(made.root.parent / "shared")
    assert said == {
        "remotes": [{"address": shared, "failed": None}],
        "sections": [{"section": "more", "runs": 2, "local": 0, "remote": 0, "neither": 2}],
    }
    gone = shown("store", "status", "../gone/shared")
    assert gone.returncode == 1
    assert gone.stderr.count("cannot be used") == 1


def test_sections_and_everything(clones: tuple[Project, Project]) -> None:
    made, shown = clones
    right(made("build", "--store", "none"))
    right(made("build", "--store", "none", "--profile", "gpu"))
    assert "sent 2 results" in right(made("store", "push", "../other", "--only", "noise"))
    assert "sent 8 results" in right(made("store", "push", "../other", "--all"))
    said = right(shown("store", "pull", "../other", "--only", "more"))
    assert "took 2 results" in said
    assert "took 8 results" in right(shown("store", "pull", "../other", "--all"))
    assert "nothing to take" in right(shown("store", "pull", "../other"))
    answer = shown("store", "pull", "../empty")
    assert "all results are here" in answer.stdout


def test_export_and_import(clones: tuple[Project, Project], tmp_path: Path) -> None:
    made, shown = clones
    right(made("build", "--store", "none"))
    file = str(tmp_path / "results.zip")
    assert "wrote 4 results to" in right(made("store", "export", file))
    again = made("store", "export", file)
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    assert "took 4 results from" in right(shown("store", "import", file))
    assert "0 results from" in (said := right(shown("store", "import", file)))
    assert "4 were here" in said
    assert "nothing to run" in right(shown("build", "--cached-only", "--store", "none"))
    assert pages(shown) == pages(made)
    Path(file).write_bytes(b"no archive")
    wrong = shown("store", "import", file)
    assert (wrong.returncode, "Traceback" in wrong.stderr) == (2, False)


def test_gc_leaves_remotes_alone(clones: tuple[Project, Project]) -> None:
    """Also one that lies within the project."""
    made, _ = clones
    right(made("build", "--store", "results"))
    right(made("store", "push"))
    kept = [sorted(path.rglob("*")) for path in (made.root / "results", made.root / "../shared")]
    made.write("noise", "title: Noise\n")
    made.write("more", "title: More\n")
    assert "deleted 4 results" in right(made("store", "gc", "--keep", "0", "--yes"))
    assert kept == [
        sorted(path.rglob("*")) for path in (made.root / "results", made.root / "../shared")
    ]


def test_a_remote_that_fails_is_one_warning_and_the_build_goes_on(
    clones: tuple[Project, Project],
) -> None:
    made, _ = clones
    made.write("report", REPORT.replace("../shared", "[../gone/shared, 'gs://bucket/report']"))
    answer = made("build")
    said = right(answer)
    assert "ran 4 of 4 runs" in said
    warnings = [line for line in answer.stderr.splitlines() if line.startswith("warning")]
    assert len(warnings) == 2
    assert "there is no folder" in warnings[0]
    assert 'pip install "fwd-report[gcs]"' in warnings[1]


def test_what_is_damaged_in_one_remote_comes_from_the_next(
    clones: tuple[Project, Project],
) -> None:
    made, shown = clones
    right(made("build"))
    right(made("store", "push", "../other"))
    damaged = next((made.root.parent / "shared" / "files").glob("*/*"))
    damaged.write_bytes(b"\0" * damaged.stat().st_size)
    shown.write("report", REPORT.replace("../shared", "[../shared, ../other]"))
    answer = shown("build", "--cached-only")
    said = right(answer)
    assert "took 3 results from" in said
    assert "took 1 result from" in said
    assert said.count("warning:") == 1
    assert pages(shown) == pages(made)


def test_a_pull_that_took_all_is_no_failure(clones: tuple[Project, Project]) -> None:
    made, shown = clones
    right(made("build"))
    one, all_of_it = made.root.parent / "shared", made.root.parent / "other"
    right(made("store", "push", str(all_of_it)))
    next((one / "files").glob("*/*")).write_bytes(b"no")
    shown.write("report", REPORT.replace("../shared", "[../gone/shared, ../shared, ../other]"))
    answer = shown("store", "pull")
    assert "took 1 result from" in right(answer)
    assert answer.stderr.count("warning:") == 2
    shutil.rmtree(shown.root / ".fwd-report" / "store")
    shutil.rmtree(all_of_it)
    assert shown("store", "pull").returncode == 1, "one result is missing still"
    assert shown("store", "pull", "../gone/shared", "--all").returncode == 1, "nobody knows of what"


def test_a_report_that_is_not_trusted_neither_takes_nor_sends(
    clones: tuple[Project, Project],
) -> None:
    made, shown = clones
    said = right(made("build", "--untrusted"))
    assert "sent" not in said
    assert not (made.root.parent / "shared").exists()
    said = right(made("build", "--untrusted", "--force", "--store", "../mine"))
    assert "sent" not in said, "that it wants to push is its own word too"
    right(made("store", "push", "../mine"))
    assert "took 4 results from" in right(shown("build", "--untrusted", "--store", "../mine"))


def test_without_anything_to_do_no_remote_is_asked(clones: tuple[Project, Project]) -> None:
    """Nor fsspec imported: a build without changes works offline, as fast as ever."""
    made, _ = clones
    right(made("build"))
    made.write("report", REPORT.replace("../shared", "s3://bucket/report"))
    code = (
        "import sys; sys.argv = ['fwd-report', 'build', '--profile', 'embedded']\n"
        "from fwd_report.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'fsspec', 's3fs', 'torch', 'huggingface_hub', 'fwd_report.remotes'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=made.root, env=made.environment(), capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert answer.stdout.splitlines()[-2:] == ["nothing to run; pages are up to date", "[]"], answer


def test_no_remote_named_is_an_error_that_says_where(clones: tuple[Project, Project]) -> None:
    made, _ = clones
    made.write("report", "title: A report\n")
    for command in ("push", "pull", "status"):
        answer = made("store", command)
        assert answer.returncode == 2
        assert f"fwd-report store {command} FOLDER-OR-URL" in answer.stderr

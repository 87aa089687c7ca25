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
from tests.helpers.clones import REPORT, pages, right
from tests.helpers.project import Project
from tests.helpers.shim import programs

import fwd_report

WORKFLOW = Path(fwd_report.__file__).parent / "starter_files" / "pages.yml"


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


def test_the_workflow_that_init_leaves(
    clones: tuple[Project, Project], tmp_path: Path, one_thread: None
) -> None:
    """Its own words, run by the shell that the host runs them by."""
    made, shown = clones
    jobs: Any = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
    (step,) = [step for step in jobs["build"]["steps"] if "store pull" in step.get("run", "")]

    def host(profile: str) -> subprocess.CompletedProcess[str]:
        environment = {**shown.environment(), **dict.fromkeys(step["env"], ""), "PROFILE": profile}
        environment["PATH"] = f"{tmp_path / 'bin'}{os.pathsep}{environment['PATH']}"
        return subprocess.run(
            ["bash", "-e", "-c", step["run"]], cwd=shown.root, env=environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    right(made("build", "--profile", "gpu"))
    with programs(tmp_path / "bin"):
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


@pytest.mark.parametrize("place", ["../gone/shared", "../shraed", "http://127.0.0.1:9/shared"])
def test_a_remote_that_is_wrong_is_not_taken_for_an_empty_one(
    clones: tuple[Project, Project], place: str
) -> None:
    made, shown = clones
    right(made("build"))
    for command in (("status",), ("pull",), ("pull", "--all")):
        answer = shown("store", *command, place)
        assert answer.returncode == 1
        assert answer.stderr.count("cannot be used") == 1
    lines = shown("store", "status", place).stdout.splitlines()
    assert lines[1].split() == ["noise", "2", "0", "?", "?"]
    said = yaml.safe_load(shown("store", "status", place, "--json").stdout)
    assert {(row["remote"], row["neither"]) for row in said["sections"]} == {(None, None)}
    planned = shown("plan", "--remotes", "--set", f"store={place}")
    assert planned.returncode == 1
    assert "none of these are in a remote" not in planned.stdout


def test_a_plan_says_what_remotes_have_when_it_is_asked_to(
    clones: tuple[Project, Project],
) -> None:
    made, shown = clones
    right(made("build", "--only", "noise"))
    said = right(shown("plan"))
    assert "4 of 4 runs to run" in said
    assert "fwd-report plan --remotes says" in said
    said = right(shown("plan", "--remotes"))
    shared = made.root.parent / "shared"
    assert f"2 of these are in {shared}: fwd-report build takes them\nand runs 2 runs, " in said
    runs = yaml.safe_load(right(shown("plan", "--remotes", "--json")))
    assert [run["remote"] for run in runs] == [str(shared)] * 2 + [None] * 2
    assert "remote" not in yaml.safe_load(right(shown("plan", "--json")))[0]
    right(made("build"))
    assert "takes them\nand runs nothing" in right(shown("plan", "--remotes"))
    assert "no result is missing here" in right(made("plan", "--remotes"))
    nowhere = made("plan", "--remotes", "--set", "store=[]")
    assert (nowhere.returncode, "no remote is named" in nowhere.stderr) == (2, True)


def test_a_build_sends_what_was_here_before_it_had_a_remote(
    clones: tuple[Project, Project],
) -> None:
    """Once: what a remote is known to have is not asked for again."""
    made, shown = clones
    right(made("build", "--store", "none"))
    shared = made.root.parent / "shared"
    assert not shared.exists()
    assert "sent" not in right(made("build", "--cached-only"))
    said = right(made("build"))
    assert "sent 4 results to" in said
    assert "nothing to run; pages are up to date" in said
    shared.rename(made.root.parent / "away")
    assert "warning" not in right(made("build")), "nothing is to be sent, so it is not asked"
    right(shown("build", "--store", "../away"))
    right(shown("build", "--store", "../away", "--force"))
    assert "sent 4 results to" in right(made("store", "push", "../third"))
    assert "sent" not in right(made("build", "--store", "../third"))


def test_what_could_not_be_sent_is_sent_by_the_next_build(clones: tuple[Project, Project]) -> None:
    made, _ = clones
    right(made("build", "--store", "none"))
    shared = made.root.parent / "shared"
    shared.write_text("a file")
    for _ in range(2):
        assert "cannot be used" in right(made("build"))
    shared.unlink()
    assert "sent 4 results to" in right(made("build"))


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
    made.write("report", REPORT.replace("title: A report", "title: The report"))
    right(made("build"))
    shutil.move(made.root.parent / "shared", made.root.parent / "elsewhere")
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

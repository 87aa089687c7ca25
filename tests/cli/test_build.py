"""`fwd-report build` from the outside: what it runs, what it leaves alone, how it ends."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from tests.helpers.project import HYBRIDS, NOISE, REPORT, Project

FAILING = """\
from typing import ClassVar
from fwd_report.techniques.base import Technique

class Failing(Technique):
    name: ClassVar[str] = "failing"

    def program(self, run):
        yield from ()
        raise ValueError("no")
"""
BROKEN = """\
title: Broken
experiments:
  - {id: skull, technique: failing, caption: A skull.}
"""


def test_a_build_runs_once_then_nothing_and_reruns_what_changed(project: Project) -> None:
    cold = project("build", "--cached-only")
    assert cold.returncode == 3
    assert "hybrids.skull" in cold.stderr
    assert project.stored() == set()

    first = project("build")
    assert first.returncode == 0, first.stderr
    assert "ran 7 of 7 runs" in first.stdout
    page = (project.root / "docs/report/hybrids.md").read_text()
    assert "Kernel 5." in page

    again = project("build", "--cached-only")
    assert again.returncode == 0, again.stderr
    assert again.stdout.strip() == "nothing to run; pages are up to date"

    before = project.stored()
    project.write("hybrids", HYBRIDS.replace("Near and far.", "Far and near."))
    caption = project("build", "--cached-only")
    assert caption.returncode == 0, "a caption reruns nothing"
    assert "Far and near." in (project.root / "docs/report/hybrids.md").read_text()

    project.write("hybrids", HYBRIDS.replace("kernel_size: 5", "kernel_size: 7"))
    why = project("plan", "--why")
    assert "params.kernel_size: 5 → 7" in why.stdout
    edited = project("build")
    assert "ran 1 of 7 runs" in edited.stdout
    assert len(project.stored() - before) == 1

    forced = project("build", "--only", "noise", "--force")
    assert "ran 6 of 6 runs" in forced.stdout

    damaged = Path(project("store", "path", "noise.dot").stdout.strip()) / "image.png"
    damaged.write_bytes(b"not a picture")
    assert project("store", "verify").returncode == 1
    assert "ran 1 of 7 runs" in project("build").stdout
    assert project("store", "verify").returncode == 0

    kept = project("store", "gc", "--yes")
    assert "kept: 1 result" in kept.stdout, "the old hybrid: another branch may want it"
    listed = project("store", "gc", "--keep", "0", "--dry-run").stdout
    assert re.search(r"hybrids\.skull +1 .* old .* to make again", listed)
    assert "would delete 1 result" in listed
    asked = project("store", "gc", "--keep", "0")
    assert asked.returncode == 2, "nobody can be asked here"
    assert "gc --yes" in asked.stderr
    assert project("store", "path", "hybrids.skull").returncode == 0
    collected = project("store", "gc", "--keep", "0", "--yes")
    assert "deleted 1 result" in collected.stdout
    assert "nothing to delete" in project("store", "gc", "--keep", "0", "--yes").stdout


def test_plan_as_json_tells_every_run(project: Project) -> None:
    project.write("hybrids", HYBRIDS.replace("    steps: 5\n", ""))
    answer = project("plan", "--json")
    assert answer.returncode == 0, answer.stderr
    runs = json.loads(answer.stdout)
    assert len(runs) == 7
    hybrid = next(run for run in runs if run["section"] == "hybrids")
    assert hybrid["status"] == "missing"
    assert hybrid["technique"] == "hybrid"
    assert hybrid["network_steps"] == 33 * 3
    assert hybrid["seed"] == 7
    assert len(hybrid["key"]) == 64
    assert [run["seed"] for run in runs if run["experiment"] == "photos"] == [7, 8, 9]
    axes = [run["axes"] for run in runs if run["section"] == "noise"]
    assert axes == [*({"t": t} for t in (250, 500, 750)), *({"sample": k} for k in (1, 2, 3))]


def test_only_touches_that_section_alone(project: Project) -> None:
    answer = project("build", "--only", "hybrids")
    assert answer.returncode == 0, answer.stderr
    assert len(project.stored()) == 1
    assert "ran 1 of 1 run;" in answer.stdout

    unknown = project("build", "--only", "hibrids")
    assert unknown.returncode == 2
    assert "hybrids" in unknown.stderr
    assert "Traceback" not in unknown.stderr

    project.write("ada", NOISE)
    assert "did you mean 'ada'?" in project("build", "--only", "ada.yaml").stderr


def test_a_failing_run_is_shown_and_the_rest_goes_on(project: Project) -> None:
    technique = project.root / "techniques" / "failing.py"
    technique.parent.mkdir()
    technique.write_text(FAILING)
    project.write("broken", BROKEN)
    answer = project("build", "--keep-going")
    assert answer.returncode == 1
    assert "failed: broken.skull[0] (experiments/broken.yaml:3)" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert len(project.stored()) == 7
    assert "broken.skull" in (project.root / "docs/report/broken.md").read_text()


def test_a_damaged_dataset_is_wrong_input_at_the_specs_line(project: Project) -> None:
    files = project.root / "files" / "mnist"
    files.mkdir(parents=True)
    for split in ("train", "t10k"):
        for kind in ("images-idx3", "labels-idx1"):
            (files / f"{split}-{kind}-ubyte.gz").write_bytes(b"half a download")
    project.write("report", f"{REPORT}data: files\n")
    project.write(
        "judge",
        "title: J\nexperiments:\n"
        "  - {id: judge, technique: classify, dataset: mnist, show: false}\n",
    )
    answer = project("build", "--keep-going")
    assert answer.returncode == 2
    assert "experiments/judge.yaml:3" in answer.stderr
    assert "-ubyte.gz" in answer.stderr
    assert "corrupt or truncated" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert len(project.stored()) == 7, "the rest was run"


def test_a_data_folder_that_is_not_there_is_said_at_its_line(project: Project) -> None:
    project.write("report", f"{REPORT}data: ~/no-such-folder\n")
    answer = project("plan")
    assert answer.returncode == 2
    assert "experiments/report.yaml:5" in answer.stderr
    assert f"{Path.home()}/no-such-folder" in answer.stderr


def test_a_disk_that_takes_nothing_is_no_traceback(project: Project) -> None:
    (project.root / ".fwd-report").write_text("not a folder")
    answer = project("build")
    assert answer.returncode == 1
    assert ".fwd-report" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_mistakes_end_in_exit_2_with_the_place_and_without_a_traceback(project: Project) -> None:
    project.write("hybrids", HYBRIDS.replace("technique: hybrid", "technique: hybird"))
    project.write("noise", NOISE.replace("dot.png", "dott.png"))
    answer = project("build")
    assert answer.returncode == 2
    assert "experiments/hybrids.yaml:8" in answer.stderr
    assert "did you mean" in answer.stderr
    assert "experiments/noise.yaml:9" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert project.stored() == set()


def test_check_finds_pages_that_are_not_those_of_the_specs(project: Project) -> None:
    assert "run fwd-report build" in project("check").stdout
    assert project("build").returncode == 0
    assert "run fwd-report build" not in project("check").stdout
    project.write("hybrids", HYBRIDS.replace("Near and far.", '"{{ runs.skull[7].seed }}"'))
    assert "run fwd-report build" in project("check").stdout
    assert project("store", "path", "hybrids.skull").stdout.strip()
    project.write("hybrids", HYBRIDS.replace("a skull", "a dog"))
    missing = project("store", "path", "hybrids.skull")
    assert missing.returncode == 2
    assert "has not run yet" in missing.stderr


def test_a_template_error_in_prose_names_file_and_line(project: Project) -> None:
    project.write("hybrids", HYBRIDS.replace("runs.skull", "runs.skul"))
    answer = project("build", "--only", "hybrids")
    assert answer.returncode == 2
    assert "experiments/hybrids.yaml:5" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "runs.skul" in answer.stderr
    assert project.stored() == set(), "known before anything runs"
    assert not (project.root / "docs").exists()


def test_the_no_op_path_imports_no_torch(project: Project) -> None:
    assert project("build").returncode == 0
    import sys

    code = (
        "import sys; sys.argv = ['fwd-report', 'build']\n"
        "from fwd_report.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'diffusers', 'transformers', 'matplotlib', 'numpy', 'PIL'}\n"
        "heavy |= {'ray', 'fsspec'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    for _ in range(2):  # the first remembers what a process with these packages sees
        answer = subprocess.run(
            [sys.executable, "-c", code],
            cwd=project.root,
            capture_output=True,
            text=True,
            check=False,
        )
    assert answer.stdout.splitlines()[-1] == "[]", answer.stdout + answer.stderr


def test_a_build_that_writes_no_page_says_what_it_wrote(project: Project) -> None:
    project("build")
    notes = project.root / "docs" / "notes"
    notes.mkdir()
    (notes / "a.md").write_text("# A note\n")
    assert project("build").stdout.startswith("nothing to run; wrote the navigation\n")
    figures = project.root / "docs/report/figures"
    next(figures.iterdir()).unlink()
    assert project("build").stdout.startswith("nothing to run; wrote 1 figure\n")
    assert project("build").stdout == "nothing to run; pages are up to date\n"

"""A build with nothing to do, against dvc and snakemake with nothing to do: wall-clock seconds.

python bench/noop.py [--times 9] [--project FOLDER | --fabricate]

The project (by default the starter, over 1,000 runs) is built once if it is not. With `--fabricate`
it is a copy of the starter whose runs have made-up results, so that no model has to run. The others
get a chain of 20 stages that copy a small file, run once before they are timed. They come from PyPI
into an environment of their own, which is made once beside this file's caches and kept. A Python
that does nothing is timed too: how long a process takes to start says how busy the machine was.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
SPECS = ("experiments", "site_templates", "mkdocs.yml")
OTHERS = ("dvc==3.67.1", "snakemake==9.27.1")
STAGES = 20
Timed = Callable[[], None]


def environment() -> Path:
    """The folder of programs of the environment that has the others, made if it is not there."""
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "fwd-report" / "noop"
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    if not (home / "ready").exists():
        venv.create(home, with_pip=True, clear=True)
        quiet(home, str(programs / "python"), "-m", "pip", "install", "--quiet", *OTHERS)
        (home / "ready").touch()
    return programs


def quiet(folder: Path, *command: str, **environ: str) -> None:
    """Run a command there; what it said only if it fails."""
    answer = subprocess.run(
        command, cwd=folder, env={**os.environ, **environ}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if answer.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{answer.stdout}{answer.stderr}")


def dvc(programs: Path, folder: Path) -> Timed:
    """`dvc repro` of a chain of stages, all of them up to date."""
    stages = "".join(
        f"  s{n}:\n    cmd: cp f{n}.txt f{n + 1}.txt\n"
        f"    deps: [f{n}.txt]\n    outs: [f{n + 1}.txt]\n"
        for n in range(STAGES)
    )
    (folder / "dvc.yaml").write_text(f"stages:\n{stages}", encoding="utf-8")
    (folder / "f0.txt").write_text("start\n", encoding="utf-8")
    program = str(programs / "dvc")
    off = {"DVC_NO_ANALYTICS": "1"}
    quiet(folder, program, "init", "--no-scm", "--quiet", **off)
    quiet(folder, program, "config", "core.check_update", "false", **off)
    quiet(folder, program, "repro", "--quiet", **off)
    return lambda: quiet(folder, program, "repro", "--quiet", **off)


def snakemake(programs: Path, folder: Path) -> Timed:
    """`snakemake` of a chain of jobs, all of them up to date."""
    rules = "".join(
        f"rule s{n}:\n    input: 'f{n}.txt'\n    output: 'f{n + 1}.txt'\n"
        "    shell: 'cp {input} {output}'\n"
        for n in range(STAGES)
    )
    text = f"rule all:\n    input: 'f{STAGES}.txt'\n{rules}"
    (folder / "Snakefile").write_text(text, encoding="utf-8")
    (folder / "f0.txt").write_text("start\n", encoding="utf-8")
    command = (str(programs / "snakemake"), "--cores", "1", "--quiet", "all")
    quiet(folder, *command)
    return lambda: quiet(folder, *command)


def fwd_report(project: Path, anew: bool = False) -> Timed:
    """`fwd-report build` of a project that is built. anew: as after an edit that changes nothing.

    Then every run is planned and compared with the store: no earlier build had its environment.
    """
    command = (sys.executable, "-m", "fwd_report", "build")
    path = os.pathsep.join(filter(None, (str(ROOT / "generator"), os.environ.get("PYTHONPATH"))))
    for _ in range(2):
        quiet(project, *command, PYTHONPATH=path)

    def run() -> None:
        changed = {"FWD_REPORT_BENCH": str(time.time_ns())} if anew else {}
        quiet(project, *command, "--cached-only", PYTHONPATH=path, **changed)

    run()
    return run


def fabricated(project: Path, folder: Path) -> Path:
    """A copy of a project in which every run has a result and the pages show them, none of it real.

    A result is a file of 16 bytes, sealed as any other. docs/report/ gets a page for each section
    and a picture for each run, with the record that a render leaves.
    """
    sys.path.insert(0, str(ROOT / "generator"))
    from fwd_report.build import Options, load_plan, report_result
    from fwd_report.site.inputs import Inputs, shown_results
    from fwd_report.site.owned import OwnedFolder
    from fwd_report.site.page_folders import scratch_folder
    from fwd_report.site.render import STAGING

    for name in SPECS:
        copy = shutil.copytree if (project / name).is_dir() else shutil.copyfile
        copy(project / name, folder / name)
    (folder / "docs").mkdir()
    (folder / "docs" / "index.md").write_text("# A report\n", encoding="utf-8")
    plan, store = load_plan(folder, Options())
    for run in {run.key: run for run in plan.runs}.values():
        with store.writing(run.key) as target:
            (target / "image.png").write_bytes(bytes.fromhex(run.key[:32]))
            store.seal(target, run.key, parts=run.parts, provenance={"seed": run.seed})
    for run in plan.runs:
        store.remember(run.name, run.key)
    plan, store = load_plan(folder, Options())
    shown = shown_results(report_result(plan, store))
    pages = OwnedFolder(folder, scratch_folder(folder, STAGING))
    for section in plan.project.sections:
        pages.text(f"{section.name}.md", f"# {section.title}\n")
    for run in plan.runs:
        pages.text(f"figures/{run.name}.png", run.key)
    pages.put_in_place(Inputs(plan.project, shown, folder).of_all, plan.project.profile)
    time.sleep(3)  # digests of files younger than that are not kept
    print(f"{len(plan.runs):,} fabricated runs")
    return folder


def nothing() -> None:
    """A Python that starts and ends."""
    quiet(ROOT, sys.executable, "-c", "pass")


def medians(timed: Sequence[Timed], times: int) -> list[tuple[float, float]]:
    """The median seconds of each, by the clock and of processors.

    They are measured in turns, so that a busy moment meets all of them.
    """
    seconds: list[list[tuple[float, float]]] = [[] for _ in timed]
    for _ in range(times):
        for kept, run in zip(seconds, timed, strict=True):
            began, worked = time.perf_counter(), processor_seconds()
            run()
            kept.append((time.perf_counter() - began, processor_seconds() - worked))
    return [
        (statistics.median(clock), statistics.median(worked))
        for clock, worked in (zip(*kept, strict=True) for kept in seconds)
    ]


def processor_seconds() -> float:
    """What the processes that this one started have used."""
    spent = os.times()
    return spent.children_user + spent.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=9, help="measurements of each")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--project", type=Path, default=ROOT, help="the writeup to build")
    which.add_argument("--fabricate", action="store_true", help="the starter, with made-up results")
    given = parser.parse_args()
    programs = environment()
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, tool) for tool in ("project", "dvc", "snakemake")]
        for folder in folders:
            folder.mkdir()
        project = given.project.resolve()
        if given.fabricate:
            project = fabricated(project, folders[0])
        timed = {
            "fwd-report build": fwd_report(project),
            "the same, planning": fwd_report(project, anew=True),
            f"dvc repro, {STAGES} stages": dvc(programs, folders[1]),
            f"snakemake, {STAGES} jobs": snakemake(programs, folders[2]),
            "python -c pass": nothing,
        }
        found = medians(list(timed.values()), given.times)
    print(f"{'':24}  clock          processor")
    for label, (clock, worked) in zip(timed, found, strict=True):
        ratios = clock / found[0][0], worked / found[0][1]
        print(f"{label:24} {clock:6.3f} s {ratios[0]:5.2f}  {worked:6.3f} s {ratios[1]:5.2f}")


if __name__ == "__main__":
    main()

"""A build with nothing to do, against dvc and snakemake with nothing to do: wall-clock seconds.

python bench/noop.py [--times 9] [--project FOLDER]

The project (by default the starter, 1,047 runs) is built once if it is not. The others get a chain
of 20 stages that copy a small file, run once before they are timed. They come from PyPI into an
environment of their own, which is made once beside this file's caches and kept.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
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


def fwd_report(project: Path) -> Timed:
    """`fwd-report build` of a project that is built."""
    command = (sys.executable, "-m", "fwd_report", "build")
    path = os.pathsep.join(filter(None, (str(ROOT / "generator"), os.environ.get("PYTHONPATH"))))
    quiet(project, *command, PYTHONPATH=path)
    return lambda: quiet(project, *command, "--cached-only", PYTHONPATH=path)


def medians(timed: Sequence[Timed], times: int) -> list[float]:
    """The median seconds of each, measured in turns, so that a busy moment meets all of them."""
    seconds: list[list[float]] = [[] for _ in timed]
    for _ in range(times):
        for kept, run in zip(seconds, timed, strict=True):
            began = time.perf_counter()
            run()
            kept.append(time.perf_counter() - began)
    return [statistics.median(kept) for kept in seconds]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=9, help="measurements of each")
    parser.add_argument("--project", type=Path, default=ROOT, help="the writeup to build")
    given = parser.parse_args()
    programs = environment()
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, tool) for tool in ("dvc", "snakemake")]
        for folder in folders:
            folder.mkdir()
        timed = [fwd_report(given.project.resolve()), dvc(programs, folders[0])]
        timed.append(snakemake(programs, folders[1]))
        ours, *others = medians(timed, given.times)
    names = (f"dvc repro, {STAGES} stages", f"snakemake, {STAGES} jobs")
    print(f"{'fwd-report build':24} {ours:6.3f} s")
    for label, theirs in zip(names, others, strict=True):
        print(f"{label:24} {theirs:6.3f} s   {theirs / ours:5.1f} times as long")


if __name__ == "__main__":
    main()

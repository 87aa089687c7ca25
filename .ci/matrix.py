"""The built wheel in fresh environments: installed, tested, and put to use as a user would.

    python .ci/matrix.py [LEG…] [--python PYTHON] [--whole] [--starter] [--except NAME]

Legs: `pinned` with the versions of constraints.txt, `lowest` with the lowest that pyproject.toml
claims, `newest` with whatever there is and deprecated calls of ours as errors, and `other` under
each other Python of this machine, without torch: what keys, specs, the store and pages need.
Without a leg: pinned, lowest and other. Everything is made in `.cache/matrix/`.

Where the lowest version of something is not at hand, `--except torch` takes the one of
constraints.txt in its place, and says so: from PyPI, torch for Linux comes with CUDA, in gigabytes.

A leg runs the tests that versions of libraries decide, below, not the suite: that is `--whole`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from environments import FOLDER, ROOT, environment, install, others, wheel
from lowest import excepted, lowest

LEGS = ("pinned", "lowest", "newest", "other")
USUAL = ("pinned", "lowest", "other")
SHORT = (
    "tests/test_golden.py", "tests/techniques/test_equals_pipelines.py", "tests/models",
    "tests/training/test_checkpoints.py", "tests/training/test_datasets.py", "tests/diffusion",
    "tests/spec", "tests/store", "tests/figures", "tests/site/test_mathml.py",
    "tests/cli/test_init.py",
)  # fmt: skip
"""Tests of every library that results, specs and pages come from: each technique run once, equality
with diffusers, weights and schedules read, the schema, what is stored, pictures and films."""
TORCHLESS = (
    "tests/spec", "tests/store", "tests/figures", "tests/plan/test_python_versions.py",
    "tests/site/test_mathml.py", "tests/site/test_prose.py", "tests/site/test_values.py",
)  # fmt: skip
ACROSS = ("tests/cli/test_another_python.py", "tests/plan/test_python_versions.py")
"""Tests that ask another Python, named in `FWD_REPORT_OTHER_PYTHON`."""
DEPRECATED = "\n".join(
    f"error::{kind}:(fwd_report|tests)"
    for kind in ("DeprecationWarning", "PendingDeprecationWarning", "FutureWarning")
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("legs", nargs="*", metavar="LEG", help=", ".join(LEGS))
    parser.add_argument("--python", default=sys.executable, help="makes the environments")
    parser.add_argument("--whole", action="store_true", help="the whole suite, not a part")
    parser.add_argument("--starter", action="store_true", help="also build the starter: an hour")
    parser.add_argument(
        "--except", action="append", default=[], dest="spared", metavar="NAME",
        help="not the lowest version of this, but the pinned one",
    )  # fmt: skip
    options = parser.parse_args()
    if unknown := set(options.legs) - set(LEGS):
        parser.error(f"no such leg: {', '.join(sorted(unknown))}")
    took = {}
    for leg in options.legs or USUAL:
        began = time.monotonic()
        if leg == "other":
            found = others(options.python)
            if not found:
                raise SystemExit("there is no other Python on this machine")
            for name, other in found.items():
                torchless(name, other, options.python)
        else:
            installed(leg, options.python, options.whole, options.starter, options.spared)
        took[leg] = time.monotonic() - began
    for leg, seconds in took.items():
        print(f"{leg:8} {seconds / 60:5.1f} min")


def installed(
    leg: str, python: str, whole: bool, starter: bool, spared: Sequence[str] = ()
) -> None:
    """The wheel and all it needs in a fresh environment; tests; a small writeup built."""
    own = environment(leg, python)
    limits = {
        "pinned": ["--constraint", str(ROOT / "constraints.txt")],
        "lowest": ["--constraint", str(lowest_file(spared if leg == "lowest" else ()))],
        "newest": ["--upgrade"],
    }[leg]
    # The wheel in place of the checkout, and what its tests use.
    install(own, *limits, f"fwd-report[dev] @ {wheel().as_uri()}")
    tests = ["tests", "--ignore=tests/emoji_if"] if whole else list(SHORT)
    strict = ["-o", f"filterwarnings={DEPRECATED}"] if leg == "newest" else []
    # Only the repository itself is on the path: `fwd_report` is the wheel's.
    run(own, "-m", "pytest", "-o", "pythonpath=.", *strict, *spread(), *tests)
    used(own, leg, starter)


def used(python: Path, leg: str, starter: bool) -> None:
    """`init`, `plan` and `build` outside of the repository, as after `pip install fwd-report`."""
    folder = planned(python, leg)
    command = ("-m", "fwd_report")
    small = ("--only", "setup", "--only", "forward")
    run(python, *command, "init", "small", *small, cwd=folder)
    run(python, *command, "init", "bare", "--bare", cwd=folder)
    run(python, *command, "build", "--only", "forward", cwd=folder / "bare")
    built = folder / ("whole" if starter else "small")
    run(python, *command, "build", cwd=built)
    run(python, "-m", "mkdocs", "build", "--strict", "--quiet", cwd=built)
    for page in ("setup", "forward"):
        if not (built / "site" / "report" / page / "index.html").is_file():
            raise SystemExit(f"{built / 'site'} has no page {page}")


def planned(python: Path, leg: str) -> Path:
    """The folder with the starter as `init` makes it, once its plan is known to be whole."""
    folder = FOLDER / f"{leg}-writeups"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run(python, "-m", "fwd_report", "init", "whole", cwd=folder)
    said = run(python, "-m", "fwd_report", "plan", "--json", cwd=folder / "whole", quiet=True)
    runs = json.loads(said)
    print(f"the starter's plan: {len(runs)} runs", flush=True)
    if len(runs) < 100:
        raise SystemExit("the starter has more runs than that")
    return folder


def torchless(name: str, other: str, python: str) -> None:
    """The same keys and specs under another Python; its torch would be gigabytes here."""
    own = environment(f"other-{name}", other)
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    wanted = FOLDER / "torchless.txt"
    wanted.write_text(
        "\n".join(line for line in pinned if not line.startswith(("#", "torch=="))) + "\n",
        encoding="utf-8",
    )
    install(own, "--no-deps", "-r", str(wanted), str(wheel()))
    run(own, "-m", "pytest", "-o", "pythonpath=.", *spread(), *TORCHLESS)
    planned(own, f"other-{name}")
    run(
        Path(python), "-m", "pytest", "-o", "pythonpath=generator .", "-rs", *ACROSS,
        env={"FWD_REPORT_OTHER_PYTHON": str(own)},
    )  # fmt: skip


def lowest_file(names: Sequence[str]) -> Path:
    """The lowest claimed versions as constraints, but for those of these names."""
    path = FOLDER / "lowest.txt"
    claims = lowest((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    claims = excepted(claims, names, (ROOT / "constraints.txt").read_text(encoding="utf-8"))
    path.write_text("".join(f"{name}=={v}\n" for name, v in claims.items()), encoding="utf-8")
    return path


def spread() -> list[str]:
    """A worker a core, as `make test` has it."""
    return ["--numprocesses", "auto", "--dist", "loadfile"]


def run(
    python: Path,
    *arguments: str,
    cwd: Path = ROOT,
    env: dict[str, str] | None = None,
    quiet: bool = False,
) -> str:
    """That Python with these arguments; what it printed, if `quiet`. Ends all where it fails."""
    words = " ".join(arguments).replace("\n", " ")
    print(f"$ {python.name} {words[:150]}", flush=True)
    usual = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [str(python), *arguments], cwd=cwd, text=True, check=False,
        stdout=subprocess.PIPE if quiet else None,
        env={**usual, "OMP_NUM_THREADS": "1", "NO_MKDOCS_2_WARNING": "1", **(env or {})},
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.returncode)
    return done.stdout or ""


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    main()

"""The built wheel in fresh environments: installed, tested, and put to use as a user would.

    python .ci/matrix.py [LEG…] [--python PYTHON] [--whole] [--starter]

Legs: `pinned` with the versions of constraints.txt, `lowest` with the lowest that pyproject.toml
claims, `newest` with whatever there is and deprecated calls of ours as errors, and `other` under
another Python of this machine, without torch: what keys, specs, the store and pages need. Without
a leg: pinned, lowest and other. Everything is made in `.cache/matrix/`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

from lowest import lowest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".cache" / "matrix"
LEGS = ("pinned", "lowest", "newest", "other")
USUAL = ("pinned", "lowest", "other")
SHORT = (
    "tests/spec", "tests/store", "tests/figures", "tests/diffusion", "tests/models",
    "tests/techniques/test_equals_pipelines.py", "tests/training/test_checkpoints.py",
    "tests/cli/test_init.py", "tests/test_golden.py",
)  # fmt: skip
"""Tests of every library that results, specs and pages come from."""
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
    options = parser.parse_args()
    if unknown := set(options.legs) - set(LEGS):
        parser.error(f"no such leg: {', '.join(sorted(unknown))}")
    took = {}
    for leg in options.legs or USUAL:
        began = time.monotonic()
        if leg == "other":
            other(options.python)
        else:
            installed(leg, options.python, options.whole, options.starter)
        took[leg] = time.monotonic() - began
    for leg, seconds in took.items():
        print(f"{leg:8} {seconds / 60:5.1f} min")


def installed(leg: str, python: str, whole: bool, starter: bool) -> None:
    """The wheel and all it needs in a fresh environment; tests; a small writeup built."""
    own = environment(leg, python)
    limits = {
        "pinned": ["--constraint", str(ROOT / "constraints.txt")],
        "lowest": ["--constraint", str(lowest_file())],
        "newest": ["--upgrade", "--upgrade-strategy", "eager"],
    }[leg]
    # The wheel in place of the checkout, and what its tests use.
    run(own, "-m", "pip", "install", "--quiet", *limits, f"fwd-report[dev] @ {wheel().as_uri()}")
    run(own, "-m", "pip", "check")
    tests = ["tests", "--ignore=tests/emoji_if"] if whole else list(SHORT)
    strict = ["-o", f"filterwarnings={DEPRECATED}"] if leg == "newest" else []
    # Only the repository itself is on the path: `fwd_report` is the wheel's.
    run(own, "-m", "pytest", "-o", "pythonpath=.", *strict, *spread(), *tests)
    used(own, leg, starter)


def used(python: Path, leg: str, starter: bool) -> None:
    """`init`, `plan` and `build` outside of the repository, as after `pip install fwd-report`."""
    folder = FOLDER / f"{leg}-writeups"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command = ("-m", "fwd_report")
    run(python, *command, "init", "whole", cwd=folder)
    said = run(python, *command, "plan", "--json", cwd=folder / "whole", quiet=True)
    runs = json.loads(said)
    print(f"the starter's plan: {len(runs)} runs", flush=True)
    if len(runs) < 100:
        raise SystemExit("the starter has more runs than that")
    run(python, *command, "init", "small", "--only", "setup", "--only", "forward", cwd=folder)
    built = folder / "whole" if starter else folder / "small"
    run(python, *command, "build", cwd=built)
    run(python, "-m", "mkdocs", "build", "--strict", "--quiet", cwd=built)
    if not (built / "site" / "report" / "setup" / "index.html").is_file():
        raise SystemExit(f"{built / 'site'} has no page of the setup")


def other(python: str) -> None:
    """The same keys and specs under another Python; its torch would be gigabytes here."""
    ours = subprocess.run(
        [python, "-c", "import sys; print(sys.version_info.minor)"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    names = [f"python3.{minor}" for minor in (14, 13, 12, 11) if str(minor) != ours]
    found = next((name for name in names if answers(name)), None)
    if found is None:
        raise SystemExit(f"none of {', '.join(names)} is on this machine")
    print(f"another Python: {found}", flush=True)
    own = environment("other", found)
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    torchless = FOLDER / "torchless.txt"
    torchless.write_text(
        "\n".join(line for line in pinned if not line.startswith(("#", "torch=="))) + "\n",
        encoding="utf-8",
    )
    run(own, "-m", "pip", "install", "--quiet", "--no-deps", "-r", str(torchless), str(wheel()))
    run(own, "-m", "pytest", "-o", "pythonpath=.", *spread(), *TORCHLESS)
    run(
        Path(python), "-m", "pytest", "-o", "pythonpath=generator .", "-rs", *ACROSS,
        env={"FWD_REPORT_OTHER_PYTHON": str(own)},
    )  # fmt: skip


def answers(python: str) -> bool:
    """Whether that command is a Python: a version manager's stand-in may be none."""
    path = shutil.which(python)
    return path is not None and subprocess.run([path, "-c", ""], check=False).returncode == 0


def environment(leg: str, python: str) -> Path:
    """A fresh virtual environment for the leg; its Python."""
    folder = FOLDER / leg
    shutil.rmtree(folder, ignore_errors=True)
    print(f"── {leg}: {folder}", flush=True)
    if python == sys.executable:
        venv.create(folder, with_pip=True)
    else:
        subprocess.run([python, "-m", "venv", str(folder)], check=True)
    name = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return folder.joinpath(*name)


def wheel() -> Path:
    """The wheel of this tree, built by an environment's pip, once a run of this script."""
    folder = FOLDER / "dist"
    built = sorted(folder.glob("*.whl"))
    if not built or built[-1].stat().st_mtime < STARTED:
        shutil.rmtree(folder, ignore_errors=True)
        run(
            Path(sys.executable), "-m", "pip", "wheel", "--quiet", "--no-deps",
            "--wheel-dir", str(folder), str(ROOT),
        )  # fmt: skip
        built = sorted(folder.glob("*.whl"))
    return built[-1]


def lowest_file() -> Path:
    path = FOLDER / "lowest.txt"
    claims = lowest((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
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


STARTED = time.time()
if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    main()

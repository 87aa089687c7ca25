"""Fresh virtual environments with the built wheel, by uv: its cache is shared by all of them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".cache" / "matrix"
MINORS = (11, 12, 13, 14)
"""Of the Pythons that pyproject.toml claims."""
BEGAN = time.time()


def environment(name: str, python: str) -> Path:
    """A fresh virtual environment of that Python; its own `python`."""
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    print(f"── {name}: {folder}", flush=True)
    uv("venv", "--quiet", "--python", python, str(folder))
    return executable(folder, "python")


def install(python: Path, *arguments: str) -> None:
    """What `pip install ARGUMENTS` would, from where this machine's pip would."""
    # Compiled now: a process a test would compile all of it again where nothing may be written.
    uv(
        "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python),
        *sources(), *arguments,
    )  # fmt: skip
    if "--no-deps" not in arguments:
        uv("pip", "check", "--quiet", "--python", str(python))


def wheel() -> Path:
    """The wheel of this tree, built once a run of this script."""
    folder = FOLDER / "dist"
    built = sorted(folder.glob("*.whl"))
    if not built or built[-1].stat().st_mtime < BEGAN:
        shutil.rmtree(folder, ignore_errors=True)
        uv("build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT))
        built = sorted(folder.glob("*.whl"))
    return built[-1]


def others(python: str) -> dict[str, str]:
    """{"3.13": its path} of every other claimed Python that is on this machine."""
    ours = version(python)
    found = {}
    for minor in MINORS:
        known = shutil.which(f"python3.{minor}")
        kept = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
        candidates = [known, *map(str, kept.glob(f"3.{minor}.*/bin/python"))]
        works = next((path for path in candidates if path and version(path) == f"3.{minor}"), None)
        if works and f"3.{minor}" != ours:
            found[f"3.{minor}"] = works
    return found


def version(python: str) -> str | None:
    """Its `3.MINOR`; None where that is no Python, as a version manager's stand-in may be."""
    said = subprocess.run(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return said.stdout.strip() if said.returncode == 0 else None


def sources() -> list[str]:
    """The indexes and folders pip is told of, by its variables and files, as arguments of uv."""
    said = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    arguments: list[str] = []
    for option, words in re.findall(r"^[^\n.]*\.([\w-]+)='(.*)'$", said, re.M):
        if option in ("index-url", "extra-index-url", "find-links"):
            for word in words.split():
                arguments += [f"--{option}", word]
    return [*arguments, "--index-strategy", "unsafe-best-match"] if arguments else []


def uv(*arguments: str) -> None:
    """Run uv, which is installed here where it is not yet. Ends all where it fails."""
    tools = FOLDER / "tools"
    program = executable(tools, "uv")
    if not program.is_file():
        venv.create(tools, clear=True, with_pip=True)
        pip = [str(executable(tools, "python")), "-m", "pip"]
        subprocess.run([*pip, "install", "--quiet", "uv>=0.5"], check=True)
    print(f"$ uv {' '.join(arguments)[:150]}", flush=True)
    done = subprocess.run([program, *arguments], check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def executable(folder: Path, name: str) -> Path:
    """A program of that environment."""
    windows = os.name == "nt"
    return folder / ("Scripts" if windows else "bin") / (f"{name}.exe" if windows else name)

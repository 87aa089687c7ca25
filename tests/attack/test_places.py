"""Where a writeup may lie: hostile names, disks that are full or read only, a bare environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers.writeup import RUNS, Writeup, assert_same, fast, write_project
from tests.store.conftest import as_user, needs_root, shared_folder  # noqa: F401
from typer.testing import CliRunner

from fwd_report.cli import app
from fwd_report.store.store import Store

NAMES = {
    "all at once": "a \"b\" 'c' #d %20e\nf\tg é 漢字 & $HOME `x` ;*?[1] {{ y }} \\",
    "a space": "my report",
    "quotes": 'it\'s "mine"',
    "a hash": "a#b",
    "a percent sign": "100%25",
    "a line break": "a\nb",
    "letters": "отчёт-報告-é",
    "a dash": "-rf",
    "braces": "{{ 7 * 7 }}",
    "dots": "a..b...",
}


@pytest.mark.parametrize("name", fast(NAMES, "all at once"))
def test_a_folder_of_any_name_builds(
    tmp_path: Path, tiny_if: Path, built: tuple[Writeup, float], name: str
) -> None:
    writeup = write_project(tmp_path / NAMES[name], tiny_if)
    assert writeup.build().ran == RUNS
    assert_same(writeup, built[0])
    assert Store(writeup.root).verify() == {}


@pytest.fixture
def small_disk(copy: Writeup) -> Iterator[Path]:
    """A disk of 300 kB where the results are kept."""
    place = copy.root / ".fwd-report"
    shutil.rmtree(place)
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(place)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs root, to mount a small disk")
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_named_and_a_larger_one_goes_on(
    small_disk: Path, copy: Writeup, built: tuple[Writeup, float]
) -> None:
    full = copy.start("build")
    full.join(120)
    said = copy.said(full)
    assert full.exitcode not in (0, 99), said
    assert "No space left on device" in said
    assert str(small_disk) in said
    assert Store(copy.root).verify() == {}
    larger = ["mount", "-o", "remount,size=64m", str(small_disk)]
    subprocess.run(larger, check=True)
    copy.build()
    assert_same(copy, built[0])


@needs_root
def test_a_project_that_is_read_only_can_be_planned_and_checked(
    shared_folder: Path,  # noqa: F811
    tiny_if: Path,
) -> None:
    """By somebody who may read everything and write nothing."""
    model = Path(shutil.copytree(tiny_if, shared_folder / "model"))
    for path in (model, *model.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    writeup = write_project(shared_folder / "w", model)
    commands = (["plan", "--why"], ["plan", "--json"], ["check"], ["store", "verify"])
    root = ["-C", str(writeup.root)]
    codes = [CliRunner().invoke(app, [*command, *root]).exit_code for command in commands]
    shutil.rmtree(writeup.root / ".fwd-report")
    with as_user(4244):
        for command, code in zip(commands, codes, strict=True):
            answer = CliRunner().invoke(app, [*command, *root])
            assert answer.exit_code == code, (answer.output, repr(answer.exception))
            assert answer.exception is None or isinstance(answer.exception, SystemExit)
    assert not (writeup.root / ".fwd-report").exists()
    writeup.build()
    with as_user(4244):
        plan = CliRunner().invoke(app, ["plan", *root])
        assert "nothing to run" in plan.output
        build = CliRunner().invoke(app, ["build", *root])
        assert build.exit_code == 0, build.output
        assert "pages are up to date" in build.output


@pytest.mark.slow
def test_a_bare_environment_builds(writeup: Writeup, built: tuple[Writeup, float]) -> None:
    """No HOME, no locale, nothing on stdin, and nobody to read what is said."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "LANG": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "OMP_NUM_THREADS": "1",
    }
    command = '"$0" -m fwd_report build <&- >&-'
    answer = subprocess.run(
        ["sh", "-c", command, sys.executable],
        cwd=writeup.root,
        env=environment,
        stderr=subprocess.PIPE,
        timeout=240,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr.decode(errors="replace")
    assert_same(writeup, built[0])

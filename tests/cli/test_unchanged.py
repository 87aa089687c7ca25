"""A build that found nothing to do is taken over only where all that it looked at is as it was."""

from __future__ import annotations

import errno
import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.helpers.another_process import as_another_process
from tests.helpers.made_up_build import NOISE, Writeup, in_place

from fwd_report import sources, unchanged


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)


def picture_of_same_size(root: Path) -> None:
    path = root / "experiments/images/dot.png"
    data = path.read_bytes()
    in_place(path, data[-20:-12], bytes(byte ^ 1 for byte in data[-20:-12]))


TOUCHED: dict[str, Callable[[Writeup], Any]] = {
    "a spec, size and time kept": lambda w: in_place(
        w.root / "experiments/noise.yaml", b"[250,", b"[251,"
    ),
    "report.yaml, size and time kept": lambda w: in_place(
        w.root / "experiments/report.yaml", b"seed: 7", b"seed: 8"
    ),
    "a new section": lambda w: shutil.copyfile(
        w.root / "experiments/noise.yaml", w.root / "experiments/more.yaml"
    ),
    "a section deleted": lambda w: (w.root / "experiments/noise.yaml").unlink(),
    "a picture, size and time kept": lambda w: picture_of_same_size(w.root),
    "a result deleted": lambda w: shutil.rmtree(w.file(".fwd-report/store/*/*/*").parent),
    "a manifest, size and time kept": lambda w: in_place(
        w.file(".fwd-report/store/*/*/manifest.json"), b'"key"', b'"kex"'
    ),
    "a manifest that nobody may read": lambda w: w.file(
        ".fwd-report/store/*/*/manifest.json"
    ).chmod(0),
    "a page, size and time kept": lambda w: in_place(
        w.root / "docs/report/noise.md", b"Noise", b"Boise"
    ),
    "a figure deleted": lambda w: w.file("docs/report/figures/*").unlink(),
    "a figure cut": lambda w: os.truncate(w.file("docs/report/figures/*"), 5),
    "the record of the pages": lambda w: in_place(
        w.root / "docs/report/_stamp.json", b'"profile"', b'"profane"'
    ),
    "the root page deleted": lambda w: (w.root / "docs/index.md").unlink(),
    "a page written by hand": lambda w: (w.root / "docs/notes.md").write_text("# Notes\n"),
    "a domain": lambda w: (w.root / "docs/CNAME").write_text("example.org\n"),
    "a template, size and time kept": lambda w: in_place(
        w.root / "site_templates/section.md", b"section", b"sektion"
    ),
    "a new asset": lambda w: (w.root / "site_templates/assets/mine.css").write_text("p {}\n"),
    "the templates gone": lambda w: shutil.rmtree(w.root / "site_templates"),
    "a schema damaged": lambda w: os.truncate(w.root / ".fwd-report/schema/section.json", 9),
    "code of the project's own": lambda w: (
        (w.root / "techniques").mkdir(),
        (w.root / "techniques/mine.py").write_text("MINE = 1\n"),
    ),
    "a folder of the model's name": lambda w: (w.root / "emoji-if").mkdir(),
    "a remote": lambda w: (
        git(w.root, "init", "-q"),
        git(w.root, "remote", "add", "origin", "https://github.com/ada/writeup"),
    ),
    "the answer damaged": lambda w: [
        path.write_bytes(path.read_bytes()[:-3] + b'"x]')
        for path in w.root.glob(".fwd-report/memory/??/*")
    ],
    "the memory deleted": lambda w: shutil.rmtree(w.root / ".fwd-report/memory"),
}


@pytest.mark.parametrize("touched", TOUCHED)
def test_a_build_looks_again_after(writeup: Writeup, touched: str) -> None:
    TOUCHED[touched](writeup)
    assert not writeup.unchanged()


@pytest.mark.parametrize("name", ["FWD_REPORT_DATA", "HF_HOME", "XDG_CACHE_HOME", "HOME"])
def test_a_build_looks_again_in_another_environment(
    writeup: Writeup, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "/elsewhere")
    assert not writeup.unchanged()


@pytest.mark.parametrize(
    "arguments", [["--profile", "gpu"], ["--set", "seed=8"], ["--only", "noise"], ["--force"]]
)
def test_a_build_looks_again_when_asked_something_else(
    writeup: Writeup, arguments: list[str]
) -> None:
    assert not unchanged.said_again([*writeup.command, *arguments])


def test_other_commands_are_never_answered(writeup: Writeup) -> None:
    for command in ("plan", "check", "serve"):
        assert not unchanged.said_again([command, *writeup.command[1:]])


def test_a_build_looks_again_as_another_user(
    writeup: Writeup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 12345, raising=False)
    assert not writeup.unchanged()


def test_a_build_looks_again_after_an_upgrade(
    writeup: Writeup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of any package that is installed: the names of the folders beside it say the version."""
    place = tmp_path / "packages"
    (place / "jinja-1.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(place)
    sources.installed.cache_clear()
    writeup.build()
    assert writeup.unchanged()
    (place / "jinja-1.0.dist-info").rename(place / "jinja-1.1.dist-info")
    sources.installed.cache_clear()
    assert not writeup.unchanged()
    monkeypatch.undo()
    sources.installed.cache_clear()


def test_a_build_looks_again_after_an_edit_of_any_module_that_was_loaded(
    writeup: Writeup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This package's, a plug-in's, a library's."""
    source = tmp_path / "plugged_in.py"
    source.write_text("ANSWER = 1\n")
    module = ModuleType("plugged_in")
    module.__file__ = str(source)
    monkeypatch.setitem(sys.modules, "plugged_in", module)
    writeup.build()
    assert writeup.unchanged()
    in_place(source, b"1", b"2")
    assert not writeup.unchanged()


def test_a_build_looks_again_after_a_change_behind_a_link(writeup: Writeup, tmp_path: Path) -> None:
    (tmp_path / "notes" / "deep").mkdir(parents=True)
    (tmp_path / "notes" / "loop").symlink_to(tmp_path / "notes")
    (writeup.root / "docs" / "notes").symlink_to(tmp_path / "notes")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("fwd_report.build.pages_current", lambda *_: True)
        writeup.build()
    assert writeup.unchanged()
    (tmp_path / "notes" / "deep" / "note.md").write_text("# A note")
    assert not writeup.unchanged()


def test_where_nobody_reads_what_is_said(writeup: Writeup, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    with pytest.raises(SystemExit) as ended:
        writeup.unchanged()
    assert ended.value.code == 1


def test_a_project_whose_path_is_no_text(writeup: Writeup) -> None:
    odd = Writeup(writeup.root.with_name(os.fsdecode(b"w\xff\n'")))
    writeup.root.rename(odd.root)
    assert not odd.unchanged()
    odd.build()
    assert odd.unchanged()


def test_what_is_younger_than_the_process_is_not_taken_for_what_was_read(
    writeup: Writeup, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = writeup.root / "site_templates" / "section.md"
    template.write_bytes(template.read_bytes())
    monkeypatch.setattr(unchanged, "BEGAN_NS", time.time_ns())
    writeup.build()
    assert not writeup.unchanged()


def test_warnings_are_said_again(
    writeup: Writeup, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = NOISE.replace("Noise at", "Noise #1 at")
    (writeup.root / "experiments/noise.yaml").write_text(cut)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("fwd_report.build.pages_current", lambda *_: True)
        as_another_process()  # which has not read the earlier spec
        writeup.build()
    said = capsys.readouterr().err
    assert "warning: " in said
    assert writeup.unchanged()
    assert capsys.readouterr().err == said

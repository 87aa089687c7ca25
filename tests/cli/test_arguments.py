"""What is asked of a command reaches what does it, unchanged."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.command import command
from tests.helpers.project import REPORT, Project
from tests.store.conftest import KEY
from tests.store.test_collect import old_entry

import fwd_report.build
import fwd_report.site.serve
from fwd_report.build import Options
from fwd_report.cli.building import AGAIN
from fwd_report.errors import CodeChangedError
from fwd_report.store.store import Store


def test_serve_builds_what_it_was_asked_to(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def serve(root: Path, arguments: list[str], port: int, say: Any, trusted: bool) -> None:
        asked.append((root, arguments, port, trusted))

    monkeypatch.setattr(fwd_report.site.serve, "serve", serve)
    options = ("--profile", "large", "--set", "seed=3", "--set", "batch=2")
    assert project("serve", *options, "--untrusted", "--port", "0").returncode == 0
    build = ["fwd_report", "build", "--project", str(project.root), *options, "--untrusted"]
    assert asked == [(project.root, build, 0, False)]


@pytest.mark.skipif(os.name != "posix", reason="there a process cannot become another")
@pytest.mark.parametrize(
    "options",
    [
        Options(),
        Options("large", ("seed=3", "batch=2"), ("hybrids", "noise"), True, False, True, True),
        Options(cached_only=True),
    ],
)
def test_a_build_that_begins_anew_is_the_same_build(
    project: Project, monkeypatch: pytest.MonkeyPatch, options: Options
) -> None:
    """Its arguments, given to the command again, ask for the same."""
    asked: list[Options] = []

    def build(root: Path, given: Options) -> None:
        assert root == project.root
        asked.append(given)
        raise CodeChangedError("the code changed")

    def execve(path: str, words: list[str], environment: dict[str, str]) -> None:
        assert environment[AGAIN] == "1"
        with monkeypatch.context() as again:
            again.setenv(AGAIN, "1")
            command(*words[words.index("fwd_report") + 1 :], cwd=Path("/"))
        raise SystemExit  # it does not come back

    monkeypatch.setattr(fwd_report.build, "build", build)
    monkeypatch.setattr(os, "execve", execve)
    words = [f"--only={name}" for name in options.only]
    words += [f"--set={override}" for override in options.overrides]
    words += ["--profile", options.profile] if options.profile else []
    for flag in ("force", "cached_only", "keep_going", "untrusted"):
        words += [f"--{flag.replace('_', '-')}"] if getattr(options, flag) else []
    project("build", *words)
    first, second = (
        (o.profile, list(o.overrides), list(o.only), o.force, o.cached_only, o.keep_going,
         o.untrusted)
        for o in asked
    )  # fmt: skip
    assert first == second
    assert first[:3] == (options.profile, list(options.overrides), list(options.only))


def test_force_and_cached_only_exclude_each_other(project: Project) -> None:
    answer = project("build", "--force", "--cached-only")
    assert answer.returncode == 2
    assert "choose one" in answer.stderr
    assert project.stored() == set()


def test_schema_writes_both_for_the_editor_and_says_where(project: Project) -> None:
    answer = project("schema")
    assert answer.returncode == 0
    written = [Path(line) for line in answer.stdout.splitlines()]
    assert {path.name for path in written} >= {"report.json", "section.json"}
    for path in written:
        assert json.loads(path.read_text(encoding="utf-8"))["$schema"].startswith("https://json-")


def test_a_command_finds_the_writeup_it_is_called_in(project: Project) -> None:
    below = project.root / "experiments" / "images"
    assert command("plan", cwd=below).stdout == project("plan").stdout
    (project.root.parent / "elsewhere").mkdir()
    assert command("plan", cwd=project.root.parent / "elsewhere").returncode == 2


def test_what_reproduce_would_overwrite_is_refused(project: Project, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "mine.txt").write_text("mine")
    answer = project("reproduce", "--all", "--keep", str(kept))
    assert answer.returncode == 2
    assert "is there and not empty" in answer.stderr
    assert [path.name for path in kept.iterdir()] == ["mine.txt"]


def test_gc_goes_behind_a_link_where_it_is_told_to(project: Project, tmp_path: Path) -> None:
    project.write("report", REPORT)
    elsewhere = Store(tmp_path / "others")
    old_entry(elsewhere, KEY, 90)
    (project.root / ".fwd-report").mkdir(exist_ok=True)
    (project.root / ".fwd-report" / "store").symlink_to(elsewhere.root)
    left = project("store", "gc", "--yes")
    assert "leads out of the project" in left.stdout
    assert elsewhere.keys() == [KEY]
    assert "deleted 1 result" in project("store", "gc", "--yes", "--linked").stdout
    assert elsewhere.keys() == []

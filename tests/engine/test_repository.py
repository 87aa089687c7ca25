"""What git says of a project, without the project's git saying what to run."""

from __future__ import annotations

import os
import re
import subprocess
from functools import partial
from pathlib import Path

import pytest

from fwd_report.engine.repository import _settings, git_state


def git(root: Path, *arguments: str) -> str:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b",
    }  # fmt: skip
    return subprocess.run(
        ["git", *arguments], cwd=root, env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "some writeup"
    (root / "sub").mkdir(parents=True)
    git(root, "init", "-q")
    (root / "sub" / "file.txt").write_text("a text")
    (root / "ignored.txt").write_text("ignored")
    (root / ".git" / "info" / "exclude").write_text("ignored.txt\n")
    git(root, "add", "sub")
    git(root, "commit", "-qm", "first")
    return root


def state(root: Path) -> dict[str, object]:
    git_state.cache_clear()
    return git_state(root)


@pytest.mark.parametrize("where", [".", "sub"])
def test_clean_edited_and_new(repository: Path, where: str) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    root = repository / where
    assert state(root) == {"commit": commit, "dirty": False}
    (repository / "sub" / "file.txt").write_text("another text")
    assert state(root) == {"commit": commit, "dirty": True}
    git(repository, "commit", "-qam", "second")
    assert state(root) == {"commit": git(repository, "rev-parse", "HEAD"), "dirty": False}
    (repository / "new.txt").write_text("new")
    assert state(root)["dirty"] is True


def test_a_linked_worktree_and_packed_references(repository: Path) -> None:
    git(repository, "pack-refs", "--all")
    git(repository, "gc", "-q")
    other = repository.parent / "other"
    git(repository, "worktree", "add", "-q", str(other), "-b", "branch")
    commit = git(repository, "rev-parse", "HEAD")
    assert state(repository) == state(other) == {"commit": commit, "dirty": False}
    (other / "sub" / "file.txt").write_text("another text")
    assert state(other)["dirty"] is True
    assert state(repository)["dirty"] is False


def test_outside_a_repository_and_before_the_first_commit(tmp_path: Path) -> None:
    assert state(tmp_path) == {}
    git(tmp_path, "init", "-q")
    assert state(tmp_path) == {}


def test_a_hostile_repository_runs_nothing(repository: Path) -> None:
    """Every setting that git status could obey names a program that would leave a trace."""
    trace = repository.parent / "trace"
    program = repository / "hostile.sh"
    program.write_text(f'#!/bin/sh\necho "$@" >> "{trace}"\ncat\n')
    program.chmod(0o755)
    (repository / ".gitattributes").write_text("*.txt filter=evil diff=evil\n* merge=evil\n")
    for name in ("post-index-change", "pre-commit", "post-checkout", "fsmonitor-watchman"):
        hook = repository / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(program.read_text())
        hook.chmod(0o755)
    command = f"'{program}'"
    settings = {
        "core.fsmonitor": str(program), "core.hooksPath": ".git/hooks",
        "filter.evil.clean": command, "filter.evil.process": command,
        "filter.evil.smudge": command, "filter.evil.required": "true",
        "diff.external": command, "diff.evil.command": command, "diff.evil.textconv": command,
        "core.sshCommand": command, "core.gitProxy": command, "core.pager": command,
        "core.editor": command, "core.askPass": command, "gpg.program": command,
        "credential.helper": f"!{command}", "alias.status": f"!{command}",
        "alias.rev-parse": f"!{command}", "merge.evil.driver": command,
        "remote.origin.url": f"ext::{program}", "remote.origin.promisor": "true",
        "extensions.partialClone": "origin", "protocol.ext.allow": "always",
        "submodule.recurse": "true", "status.submoduleSummary": "true",
    }  # fmt: skip
    for name, value in settings.items():
        git(repository, "config", name, value)
    trace.unlink(missing_ok=True)
    (repository / "sub" / "file.txt").write_text("same len")
    found = state(repository)
    assert found["dirty"] is True
    assert not trace.exists(), trace.read_text()
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "status"], cwd=repository, env=environment, check=False)
    assert trace.exists(), "plain git status is told to run nothing, so this test shows nothing"


def test_changes_within_a_submodule_do_not_count(repository: Path) -> None:
    """To look into it, its own git would be asked."""
    other = repository.parent / "other"
    other.mkdir()
    git(other, "init", "-q")
    (other / "file.txt").write_text("a text")
    git(other, "add", ".")
    git(other, "commit", "-qm", "first")
    allowed = ("-c", "protocol.file.allow=always")
    git(repository, *allowed, "submodule", "--quiet", "add", str(other), "module")
    git(repository, "commit", "-qm", "a module")
    assert state(repository)["dirty"] is False
    (repository / "module" / "file.txt").write_text("another text")
    assert state(repository)["dirty"] is False
    (repository / "sub" / "file.txt").write_text("another text")
    assert state(repository)["dirty"] is True


def test_of_its_settings_only_what_a_disk_can_do_is_carried_over(repository: Path) -> None:
    git(repository, "config", "core.autocrlf", 'input\n[filter "x"]\n\tclean = touch ran')
    git(repository, "config", "core.ignorecase", "true; touch ran")
    git(repository, "config", "core.symlinks", "false")
    lines = _settings(partial(git, repository), "0" * 40).splitlines()
    assert "\tsymlinks = false" in lines
    for line in lines:
        assert re.fullmatch(r"\t[a-z]+ = (true|false|input)", line), line

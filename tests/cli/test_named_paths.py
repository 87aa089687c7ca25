"""Paths on the command line: an empty one is none, and those in printed commands can be pasted."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.helpers.command import command

from fwd_report.errors import UserError
from fwd_report.shell import word
from fwd_report.starter import copy_starter, new_project


@pytest.mark.parametrize(
    "arguments",
    [
        ("init", ""), ("init", "", "--bare"), ("plan", "-C", ""), ("prompts", "--encode", ""),
        ("reproduce", "--all", "--keep", ""), ("store", "export", ""), ("store", "import", ""),
    ],
)  # fmt: skip
def test_an_empty_path_is_not_the_current_folder(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    answer = command(*arguments, cwd=tmp_path)
    assert (answer.returncode, list(tmp_path.iterdir())) == (2, []), answer
    assert "an empty text is given where a path belongs" in answer.stderr


@pytest.mark.parametrize("place", ["experiments", "experiments/images", "docs/mine", ".fwd-report"])
def test_no_writeup_starts_within_a_part_of_another(tmp_path: Path, place: str) -> None:
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "report.yaml").write_text("title: R\n")
    with (
        pytest.raises(UserError, match="is part of another writeup"),
        new_project(tmp_path / place),
    ):
        pass
    copy_starter(tmp_path / "docs2", ["forward"])
    copy_starter(tmp_path / "docs2" / "experiments2", ["forward"])


@pytest.mark.skipif(os.name != "posix", reason="the shell here is sh")
@pytest.mark.parametrize("name", ["plain", "two words", "-x", "it's", "a\nb", "$HOME", "a;b", "~"])
def test_a_printed_command_goes_where_it_says(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    script = f"cd {word(name)} && pwd"
    answer = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, check=True)
    assert answer.stdout == os.fsencode(f"{tmp_path / name}\n")


def test_init_prints_such_a_command(tmp_path: Path) -> None:
    answer = command("init", "my report", "--only", "forward", cwd=tmp_path)
    assert answer.stdout.endswith("next: cd 'my report' && fwd-report build\n")

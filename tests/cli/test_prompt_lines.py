"""`fwd-report prompts` lists a prompt a line, and warnings quote prompts on one."""

from __future__ import annotations

from pathlib import Path

import pytest

from fwd_report.build import load_plan
from fwd_report.cli.prompt_listing import prompts
from fwd_report.encoding import planned_prompts
from fwd_report.errors import quoted
from fwd_report.running import Options

SECTION = """title: A
experiments:
  - {id: a, technique: sample, prompt: "a glorped\\ndog", guidance: 7, caption: A}
  - {id: b, technique: sample, prompt: '""', guidance: 1, caption: B}
  - {id: c, technique: sample, prompt: A Dog, guidance: 1, caption: C}
  - {id: d, technique: sample, prompt: a dog, guidance: 1, caption: D}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "report.yaml").write_text("title: R\n")
    (tmp_path / "experiments" / "a.yaml").write_text(SECTION)
    return tmp_path


def test_each_prompt_takes_one_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prompts(root=root)
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines) == sorted(['"a glorped\\ndog"', '""', r'"\"\""', "A Dog"])


def test_what_the_encoder_reads_as_one_is_listed_once(root: Path) -> None:
    assert "a dog" not in planned_prompts(root, Options())
    assert "A Dog" in planned_prompts(root, Options())


def test_a_warning_quotes_a_prompt_on_one_line(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load_plan(root, Options())
    (warning,) = (line for line in capsys.readouterr().err.splitlines() if "never read" in line)
    assert warning.endswith(r'(in "a glorped\ndog")')


def test_quotes_escape_every_character_that_is_not_printed() -> None:
    assert quoted('a\n\x7f\u2028"é') == r'"a\n\u007f\u2028\"é"'

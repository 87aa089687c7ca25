"""What people write who come from other tools, and messages that no terminal obeys."""

from __future__ import annotations

from pathlib import Path

import pytest

from fwd_report.cli.options import project_folder
from fwd_report.errors import Problem, UserError
from fwd_report.spec.suggest import WORDS, did_you_mean
from fwd_report.techniques.registry import all_techniques


@pytest.mark.parametrize(
    ("written", "technique", "meant"),
    [
        ("num_inference_steps", "sample", "steps"),
        ("negative_prompt", "sample", "prompt"),
        ("guidance_scale", "sdedit", "guidance"),
    ],
)
def test_words_of_other_tools_lead_to_ours(written: str, technique: str, meant: str) -> None:
    known = all_techniques()[technique].model_fields
    hint = did_you_mean(written, known)
    assert hint == f"did you mean '{meant}'?"


def test_every_word_that_is_suggested_for_a_technique_names_one() -> None:
    assert did_you_mean("img2img", all_techniques()) == "did you mean 'sdedit'?"
    assert did_you_mean("gaussian_blur", all_techniques()) == "did you mean 'blur'?"
    assert all(name == name.lower() and meant for name, meant in WORDS.items())


def test_messages_hold_no_control_or_bidirectional_characters() -> None:
    hostile = "a\x1b[31m\x07\u202eb\u2066c\r"
    problem = Problem(hostile, Path(hostile), 1, 1, hostile, hostile)
    text = str(UserError([problem]))
    assert all(c.isprintable() or c == "\n" for c in text)
    assert "a" in text


def test_many_problems_are_summed_up() -> None:
    error = UserError([Problem(f"wrong {i}") for i in range(10_000)])
    assert str(error).endswith("… and 9,900 more")
    assert len(str(error)) < 10_000


def test_a_command_finds_the_writeup_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "experiments" / "images").mkdir(parents=True)
    (tmp_path / "experiments" / "report.yaml").write_text("title: T\n")
    monkeypatch.chdir(tmp_path / "experiments" / "images")
    assert project_folder(Path()) == tmp_path.resolve()
    assert project_folder(Path("here")) == Path("here")


def test_capitals_do_not_hide_what_was_meant() -> None:
    known = [f"known-{number}" for number in range(20)]
    assert did_you_mean("HYBIRD", ["hybrid", *known]) == "did you mean 'hybrid'?"
    assert did_you_mean("hybird", ["Hybrid", *known]) == "did you mean 'Hybrid'?"


def test_a_name_with_a_line_break_does_not_look_like_another_problem() -> None:
    problem = Problem("'a\nb.yaml:1: all is well\x1b[2J' is no name", file=Path("c.yaml"), line=1)
    assert str(problem) == "c.yaml:1: 'a b.yaml:1: all is well�[2J' is no name"

"""What users get wrong: each mistake is reported at its own place, with a way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.spec.bad_experiments import BAD_EXPERIMENTS, HEAD, one
from tests.spec.bad_sections import BAD_SECTIONS
from tests.spec.conftest import Writeup

from fwd_report.errors import Problem, UserError
from fwd_report.running import Options
from fwd_report.spec.yaml_source import read_yaml

CASES = BAD_EXPERIMENTS | BAD_SECTIONS


@pytest.mark.parametrize(("text", "place", "message", "hint"), CASES.values(), ids=CASES.keys())
def test_the_place_and_the_way_out(
    writeup: Writeup, text: str, place: str, message: str, hint: str
) -> None:
    problems = writeup.write("section.yaml", text).problems()
    shown = [str(problem) for problem in problems]
    assert len(problems) == 1, "\n".join(shown)
    assert message in problems[0].message
    file = "experiments/section.yaml"
    assert shown[0].startswith(f"{file}:{place}" if place else f"{file}: ")
    assert hint in (problems[0].hint or "")


def test_all_problems_of_all_files_come_at_once(writeup: Writeup) -> None:
    writeup.write("report.yaml", "title: A\nsead: 3\n")
    writeup.write("a.yaml", one("technique: draw\nsteps: x\nprompt: 3"))
    writeup.write("b.yaml", "title: [\n")
    writeup.write("c.yaml", one("technique: blend\nlow: x\nhihg: y"))
    places = [(str(problem.file), problem.line) for problem in writeup.problems()]
    assert places == [
        ("experiments/a.yaml", 6),
        ("experiments/a.yaml", 7),
        ("experiments/b.yaml", 2),
        ("experiments/c.yaml", 3),
        ("experiments/c.yaml", 7),
        ("experiments/report.yaml", 2),
    ]


def test_all_problems_of_an_experiment_come_at_once(writeup: Writeup) -> None:
    text = "  - {id: a, technique: draw, captoin: A, sweep: {step: [1]}, seed: x, steps: y}\n"
    writeup.write(
        "a.yaml", HEAD + text + text.replace("seed: x", "seed: 1").replace("id: a", "id: b")
    )
    messages = [problem.message for problem in writeup.problems()]
    assert messages == [
        "draw has no field 'captoin'",
        "draw has no field 'step'",
        'seed should be a whole number, not "x"',
        'steps should be a whole number, not "y"',
        "experiment 'b' needs a caption",
        "draw has no field 'captoin'",
        "draw has no field 'step'",
        'steps should be a whole number, not "y"',
    ]


def test_wrong_values_are_said_beside_wrong_names_and_axes(writeup: Writeup) -> None:
    """Each at its place; a field whose name may only be misspelt is not said to be missing."""
    text = (
        "technique: draw\npormpt: x\nguidance: y\nsamples: many\n"
        "sweep: {stpes: [1, 2], steps: [1, no, 3], size: 7}\ncases: [{label: x, steps: ten}]"
    )
    messages = [problem.message for problem in writeup.write("a.yaml", one(text)).problems()]
    for message in (
        "draw has no field 'pormpt'",
        "draw has no field 'stpes'",
        'samples should be a whole number, not "many"',
        'guidance should be a number, not "y"',
        'steps should be a whole number, not "ten"',
        'steps[1] should be a whole number, not "no"',
    ):
        assert message in messages, (message, messages)
    assert not any("needs a field" in message for message in messages)


def test_wrong_names_are_said_beside_what_else_is_wrong(writeup: Writeup) -> None:
    text = "technique: draw\nsweep: {stpes: [1, 2], guidance: 7}\ncases: [{lable: x}, 3]"
    writeup.write("a.yaml", one(text))
    found = [(problem.message, problem.hint) for problem in writeup.problems()]
    assert ("draw has no field 'stpes'", "did you mean 'steps'?") in found
    assert ("draw has no field 'lable'", "did you mean 'label'?") in found
    assert any(message.startswith("guidance should be a list") for message, _ in found)
    assert any(message.startswith("cases[1] should be") for message, _ in found)


def test_unknown_names_of_only_are_said_beside_mistakes_of_the_specs(writeup: Writeup) -> None:
    writeup.write("trial.yaml", one("technique: sample\nprompt: x\nstpes: 3"))
    writeup.write("broken.yaml", "title: [\n")
    with pytest.raises(UserError) as caught:
        Options(only=("trila", "trial.b", "trial.a", "broken.x")).project(writeup.root)
    hints = {problem.message: problem.hint for problem in caught.value.problems}
    assert hints.pop("there is no section 'trila'") == "did you mean 'trial'?"
    assert hints.pop("there is no experiment 'trial.b'") == "did you mean 'trial.a'?"
    assert len(hints) == 2
    assert "sample has no field 'stpes'" in hints


def test_the_caret_points_at_the_place(writeup: Writeup) -> None:
    writeup.write("section.yaml", one("technique: draw\nsteps: many"))
    (problem,) = writeup.problems()
    lines = str(problem).splitlines()
    assert lines[1][lines[2].index("^") :] == "many"


def test_a_long_line_is_cut_around_the_place(writeup: Writeup) -> None:
    writeup.write("section.yaml", one(f"technique: draw\nprompt: [{'x' * 5000}, 5]"))
    (problem,) = writeup.problems()
    assert max(len(line) for line in str(problem).splitlines()) < 150


def test_no_report(writeup: Writeup) -> None:
    (writeup.root / "experiments" / "report.yaml").unlink()
    (problem,) = writeup.problems()
    assert "no experiments/report.yaml" in problem.message
    assert "fwd-report init" in (problem.hint or "")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.yml", "a second section is called 'a'"),
        ("A.yaml", "a second section is called 'a'"),
        ("Two words.yaml", "lower-case letters"),
        ("index.yaml", "cannot be called 'index'"),
        ("report.yml", "rename it to report.yaml"),
    ],
)
def test_names_of_files(writeup: Writeup, name: str, message: str) -> None:
    writeup.write("a.yaml", "title: A\n").write(name, "title: B\n")
    problems = writeup.problems()
    assert message in problems[-1].message
    assert all(problem.file is not None for problem in problems)


def test_text_that_is_not_utf8(writeup: Writeup) -> None:
    (problem,) = writeup.write("a.yaml", b"title: A\nintro: caf\xe9\n").problems()
    assert (problem.line, problem.column) == (2, 11)
    assert "UTF-8" in problem.message


def test_an_unreadable_section_makes_no_problems_elsewhere(writeup: Writeup) -> None:
    writeup.write("a.yaml", "title: [\n")
    writeup.write("b.yaml", one("technique: enlarge\nof: a.x\ndiscussion: '{{ report.a.x.seed }}'"))
    (problem,) = writeup.problems()
    assert str(problem.file) == "experiments/a.yaml"


@pytest.mark.parametrize("latex", [r"$\theta$", r"$\tau$", r"$a \nabla b$", r"$\beta$"])
def test_latex_in_double_quotes_is_told_how_to_be_written(tmp_path: Path, latex: str) -> None:
    problems: list[Problem] = []
    path = tmp_path / "a.yaml"
    path.write_text(f'caption: "With {latex}, noisy"\n')
    read_yaml(path, Path("a.yaml"), problems)
    assert [(problem.line, "single quotes" in problem.message) for problem in problems] == [
        (1, True)
    ]
    path.write_text(f"caption: 'With {latex}, noisy'\nother: \"a\\nb and $x$ and\\nc\"\n")
    problems.clear()
    read_yaml(path, Path("a.yaml"), problems)
    assert problems == []

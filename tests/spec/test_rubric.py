"""A rubric is data: shipped ones load, one's own is checked, `covers` is held to its items."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from tests.spec.conftest import Writeup

from fwd_report.packaged import RUBRICS
from fwd_report.spec.rubric import Rubric, read_rubric, shipped
from fwd_report.spec.schema import rubric_schema
from fwd_report.techniques.registry import all_techniques

OWN = """\
title: My course
items:
  - id: "1"
    title: Noise
    text: noise at two times
    show:
      - technique: [forward]
        values: {t: [250, 500]}
"""


def read(path: Path) -> Rubric:
    problems: list = []
    rubric = read_rubric(path, Path(path.name), problems, all_techniques())
    assert problems == []
    assert rubric is not None
    return rubric


@pytest.mark.parametrize("name", shipped())
def test_the_rubrics_of_the_package_are_sound(name: str) -> None:
    path = RUBRICS / f"{name}.yaml"
    rubric = read(path)
    assert rubric.name == name
    assert len({item.id for item in rubric.items}) == len(rubric.items)
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert list(Draft202012Validator(rubric_schema()).iter_errors(data)) == []


def test_the_editions_differ_as_the_course_did() -> None:
    then, now = (read(RUBRICS / f"cs180-fa{year}.yaml") for year in (24, 25))
    ids = [item.id for item in now.items]
    assert [item.id for item in then.items if item.id not in ids] == []
    assert [name for name in ids if then.item(name) is None] == ["B1.2.3", "B2.6"]
    assert ids.index("B1.2.3") == ids.index("B1.2.2") + 1
    objectives = [
        {shown.where.get("objective") for shown in rubric.item("B2.2").show}  # type: ignore[union-attr]
        for rubric in (then, now)
    ]
    assert objectives == [{"ddpm"}, {"flow"}]


def test_a_report_names_a_shipped_rubric_or_its_own_file_or_none(writeup: Writeup) -> None:
    writeup.write("a.yaml", 'title: A\ncovers: ["1"]\n')
    for named in ("", "rubric: none\n"):
        writeup.write("report.yaml", f"title: A report\n{named}")
        assert writeup.load().rubric is None
    writeup.write("report.yaml", "title: A report\nrubric: experiments/rubrics/mine.yaml\n")
    writeup.write("rubrics/mine.yaml", OWN)
    rubric = writeup.load().rubric
    assert rubric is not None
    assert rubric.name == "experiments/rubrics/mine.yaml"
    writeup.write("report.yaml", "title: A report\nrubric: cs180-fa24\n")
    writeup.write("a.yaml", 'title: A\ncovers: ["1.9"]\n')
    assert writeup.load().rubric is not None


def test_covers_is_held_to_the_rubric(writeup: Writeup) -> None:
    writeup.write("report.yaml", "title: A report\nrubric: cs180-fa24\n")
    writeup.write("a.yaml", 'title: A\ncovers: ["1.8", "9.9"]\n')
    (problem,) = writeup.problems()
    assert (str(problem.file), problem.line, problem.column) == ("experiments/a.yaml", 2, 17)
    assert problem.message == "covers[1] names no item of the rubric cs180-fa24"
    assert problem.hint
    assert problem.hint.startswith("there is: 0, 1.1, ")


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ("cs180-fa23", "did you mean 'cs180-fa2"),
        ("nothing", "none"),
        ("gone.yaml", "the package has cs180-fa24, cs180-fa25"),
        ("../outside.yaml", "outside of the project"),
    ],
)
def test_a_rubric_that_is_not_there(writeup: Writeup, named: str, hint: str) -> None:
    writeup.write("report.yaml", f"title: A report\nrubric: {named}\n")
    (problem,) = writeup.problems()
    assert problem.line == 2
    assert f"there is no rubric '{named}'" in problem.message
    assert problem.hint
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("change", "place", "message", "hint"),
    [
        (("title: My course", "titel: My course"), (1, 1), "needs a field 'title'", "`title:`"),
        (("technique: [forward]", "technique: [foward]"), (7, 21), "'foward'", "'forward'?"),
        (("technique: [forward]", "technique: forward"), (7, 20), "should be a list", "[forward]"),
        (("{t: [", "{time: ["), (8, 18), "forward has no field 'time'", ""),
        (("text: noise", "texts: noise"), (3, 5), "items[0] needs a 'text'", ""),
        (("[250, 500]", "250"), (8, 21), "should be a list", "[250]"),
        (("[forward]", "[]"), (7, 20), "at least 1 value", ""),
        (("items:", "extends: cs18-fa24\nitems:"), (2, 10), "no rubric 'cs18-fa24'", "cs180"),
        ((OWN, OWN + OWN[OWN.index("  - id") :]), (9, 9), "a second item is called '1'", ""),
        (("items:", "unknown: 1\nitems:"), (2, 1), "no field 'unknown'", ""),
        ((OWN[OWN.index("items:") :], "items: []\n"), (2, 8), "items is empty", ""),
        ((OWN, "- a\n"), (1, 1), "`key: value` lines", ""),
        (("[250, 500]", "[250, 500"), (8, 30), "not valid YAML", ""),
    ],
)
def test_a_mistake_in_a_rubric_is_shown_at_its_place(
    writeup: Writeup, change: tuple[str, str], place: tuple[int, int], message: str, hint: str
) -> None:
    writeup.write("report.yaml", "title: A report\nrubric: experiments/rubrics/mine.yaml\n")
    writeup.write("rubrics/mine.yaml", OWN.replace(*change))
    problem = writeup.problems()[0]
    assert str(problem.file) == "experiments/rubrics/mine.yaml"
    assert (problem.line, problem.column) == place, str(problem)
    assert message in problem.message
    assert hint in (problem.hint or "")

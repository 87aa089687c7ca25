"""`key@profile` holds under its profile and nowhere else, at every level."""

from __future__ import annotations

from typing import Any

from tests.spec.conftest import Writeup

SECTION = """\
title: A
title@gpu: A on a GPU
experiments:
  - id: a
    technique: draw
    caption: A
    steps: 5
    steps@gpu: 50
    guidance@gpu: 4
    sweep:
      prompt: [x, y]
      prompt@gpu: [x, y, z]
  - id: b
    technique: draw
    caption: B
    cases:
      - {steps: 1, steps@gpu: 2, label: one}
    cases@laptop: [{steps: 3}]
"""
REPORT = "title: R\nprofiles: [embedded, gpu, laptop]\nseed@gpu: 3\nmodel@gpu: owner/model\n"


def seen(writeup: Writeup, profile: str | None) -> dict[str, Any]:
    project = writeup.write("report.yaml", REPORT).write("a.yaml", SECTION).load(profile)
    (section,) = project.sections
    a, b = section.experiments
    params = a.variants[0].technique.model_dump()
    return {
        "profile": project.profile,
        "seed": project.report.seed,
        "title": section.title,
        "a": (len(a.variants), params["steps"], params["guidance"]),
        "b": [variant.technique.model_dump()["steps"] for variant in b.variants],
    }


def test_the_first_profile_is_the_default(writeup: Writeup) -> None:
    expected = {"profile": "embedded", "seed": 180, "title": "A", "a": (2, 5, 7.0), "b": [1]}
    assert seen(writeup, None) == seen(writeup, "embedded") == expected


def test_another_profile(writeup: Writeup) -> None:
    expected = {"profile": "gpu", "seed": 3, "title": "A on a GPU", "a": (3, 50, 4.0), "b": [2]}
    assert seen(writeup, "gpu") == expected


def test_a_profile_that_changes_one_place(writeup: Writeup) -> None:
    expected = {"profile": "laptop", "seed": 180, "title": "A", "a": (2, 5, 7.0), "b": [3]}
    assert seen(writeup, "laptop") == expected


def test_places_are_those_of_the_value_that_holds(writeup: Writeup) -> None:
    writeup.write("report.yaml", REPORT).write("a.yaml", SECTION)
    assert writeup.load().problem("oh", "a", "a", "steps").line == 7
    assert writeup.load("gpu").problem("oh", "a", "a", "steps").line == 8


def test_an_unknown_profile_on_the_command_line(writeup: Writeup) -> None:
    (problem,) = writeup.problems("gpo")
    assert str(problem) == "there is no profile 'gpo'\n    did you mean 'gpu'?"


def test_a_report_that_is_wrong_about_its_profiles(writeup: Writeup) -> None:
    (problem,) = writeup.write("report.yaml", "title: A\nprofiles: [a b]\n").problems()
    assert (problem.line, problem.column) == (2, 12)
    (problem,) = writeup.write("report.yaml", "title: A\nprofiles: []\n").problems()
    assert (problem.line, problem.column) == (2, 11)


def test_a_field_that_one_profile_lacks(writeup: Writeup) -> None:
    text = (
        "title: A\nexperiments:\n  - {id: a, technique: blend, caption: A, low: x, high@gpu: y}\n"
    )
    (problem,) = writeup.write("a.yaml", text).problems("gpu")
    assert "needs a field 'high'" in problem.message
    assert "under the profile 'embedded'" in problem.message


def test_what_names_an_experiment_is_the_same_under_every_profile(writeup: Writeup) -> None:
    section = SECTION.replace("  - id: a\n", "  - id: a\n    id@gpu: other\n")
    (problem,) = writeup.write("report.yaml", REPORT).write("a.yaml", section).problems()
    assert problem.message == "'id' is the same under every profile"
    assert (problem.line, problem.hint) == (5, "write `id:`")

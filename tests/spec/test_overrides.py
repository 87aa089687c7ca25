"""`--set KEY=VALUE` changes a field for one command."""

from __future__ import annotations

import pytest
from tests.spec.conftest import Writeup

SECTION = """\
title: A
experiments:
  - {id: skull, technique: blend, caption: A, low: x, high: y, high@gpu: z}
  - {id: many, technique: draw, caption: B, steps: 3, sweep: {guidance: [1, 2]}}
"""


@pytest.fixture
def hybrids(writeup: Writeup) -> Writeup:
    return writeup.write("hybrids.yaml", SECTION)


def test_a_field_of_the_report(hybrids: Writeup) -> None:
    report = hybrids.load(overrides=["seed=7", "model=some/folder", "title=a = b"]).report
    assert (report.seed, report.model, report.title) == (7, "some/folder", "a = b")


def test_a_field_of_an_experiment_beats_its_profiles(hybrids: Writeup) -> None:
    for profile in ("embedded", "gpu"):
        (section,) = hybrids.load(profile, ["hybrids.skull.high=a: b".replace(": ", "-")]).sections
        assert section.experiments[0].variants[0].technique.model_dump()["high"] == "a-b"


def test_values_are_yaml(hybrids: Writeup) -> None:
    overrides = ["hybrids.many.sweep={steps: [1, 2, 3]}", "hybrids.many.seed=5"]
    (section,) = hybrids.load(None, overrides).sections
    many = section.experiments[1]
    assert many.variants[0].seed == 5
    assert [variant.axes for variant in many.variants] == [{"steps": n} for n in (1, 2, 3)]


def test_deep_places_and_the_section_itself(hybrids: Writeup) -> None:
    overrides = ["hybrids.many.sweep.guidance.1=9", "hybrids.title=B"]
    (section,) = hybrids.load(None, overrides).sections
    assert section.title == "B"
    assert [variant.axes["guidance"] for variant in section.experiments[1].variants] == [1, 9]


@pytest.mark.parametrize(
    ("override", "message", "hint"),
    [
        ("sead=7", "report.yaml has no 'sead'", "did you mean 'seed'?"),
        ("seed", "no KEY=VALUE", "seed=7"),
        ("seed=many", "seed should be a whole number", ""),
        ("seed=[", "not valid YAML", "quotes"),
        ("profiles=[a]", "report.yaml has no 'profiles'", ""),
        ("hybrids=3", "report.yaml has no 'hybrids'", "hybrids.experiment.field=value"),
        ("hybrid.skull.low=x", "no section 'hybrid'", "did you mean 'hybrids'?"),
        ("hybrids.scull.low=x", "no experiment 'scull'", "did you mean 'skull'?"),
        ("hybrids.skull=3", "an experiment and no field", "hybrids.skull.seed=7"),
        ("hybrids.skull.id=b", "id cannot be set", "hybrids.skull.seed=7"),
        ("hybrids.skull.lo=x", "blend has no field 'lo'", "did you mean 'low'?"),
        ("hybrids.skull.low.a=x", "nothing called 'a'", ""),
        ("hybrids.skull.sweep.low=[x]", "there is no 'sweep' in hybrids.skull", ""),
        ("hybrids.many.sweep.guidance.7=9", "nothing called '7'", ""),
        ("hybrids.many.guidance=9", "guidance is swept", "set hybrids.many.sweep.guidance"),
        ("hybrids.many.steps=x", "steps should be a whole number", ""),
        ("hybrids.skull.caption={{ runs.x }}", "a plain word", "quotes"),
        ("hybrids.skull.caption='{{ runs.x }}'", "no experiment 'x'", ""),
    ],
)
def test_what_cannot_be_set(hybrids: Writeup, override: str, message: str, hint: str) -> None:
    (problem,) = hybrids.problems(None, [override])
    assert problem.message.startswith(f"--set {override}: ")
    assert message in problem.message
    assert hint in (problem.hint or "")

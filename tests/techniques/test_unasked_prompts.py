"""Pictures for which guidance 0 leaves a prompt unasked say what was asked instead."""

from __future__ import annotations

from typing import Any

import pytest

from fwd_report.techniques.anagram import Anagram
from fwd_report.techniques.guiding import Guided
from fwd_report.techniques.hybrid import Hybrid
from fwd_report.techniques.inpaint import Inpaint
from fwd_report.techniques.sample import Sample
from fwd_report.techniques.sdedit import SDEdit

UNASKED: list[tuple[type[Guided], dict[str, Any]]] = [
    (Sample, {"prompt": "a dog"}),
    (SDEdit, {"prompt": "a dog", "image": "a.png"}),
    (Inpaint, {"prompt": "a dog", "image": "a.png", "mask": "m.png"}),
    (Anagram, {"prompt": "a dog", "flipped": "a dog's house"}),
    (Hybrid, {"low": "a dog", "high": "a dog's house"}),
]


@pytest.mark.parametrize(("technique", "fields"), UNASKED)
def test_what_was_asked_is_said_and_scored(technique: type[Guided], fields: dict[str, Any]) -> None:
    run = technique(**fields, guidance=0, negative_prompt="a cat")
    assert run.prompts({}) == ("a cat",)
    assert {reading.prompt for reading in run.readings(dict(run))} == {"a cat"}
    assert {prompt for each in run.guided_prompts() for prompt in each} == {"a cat"}
    alt = run.alt({next(iter(fields)): "a dog", "guidance": 0})
    assert "a cat" in alt
    assert "guidance 0" in alt
    assert "a dog" not in alt


@pytest.mark.parametrize(("technique", "fields"), UNASKED)
def test_pictures_of_the_empty_prompt_should_show_nothing(
    technique: type[Guided], fields: dict[str, Any]
) -> None:
    run = technique(**fields, guidance=0)
    assert run.readings(dict(run)) == ()
    assert "a dog" not in run.alt({})


@pytest.mark.parametrize(("technique", "fields"), UNASKED)
@pytest.mark.parametrize("guiding", [{"guidance": 1}, {"guidance_interval": [100, 800]}])
def test_prompts_that_are_asked_are_said(
    technique: type[Guided], fields: dict[str, Any], guiding: dict[str, Any]
) -> None:
    run = technique(**{"guidance": 0, **guiding}, **fields, negative_prompt="a cat")
    assert run.readings(dict(run))[0].prompt.startswith("a dog")
    assert "a dog" in run.alt({})

"""A result does not depend on which other runs share its batches."""

from __future__ import annotations

import torch
from tests.helpers.driver import run_alone, run_together
from tests.techniques.conftest import Close, World

from fwd_report.techniques.anagram import Anagram
from fwd_report.techniques.hybrid import Hybrid
from fwd_report.techniques.sample import Sample
from fwd_report.techniques.sdedit import SDEdit


def test_mixed_runs_together_equal_each_alone(tiny: World, assert_equal_pictures: Close) -> None:
    techniques = [
        Sample(prompt="a photo of a dog", steps=11),
        Sample(prompt="a dog", guidance=1, steps=9),
        SDEdit(image="x.png", i_start=26, prompt="a lithograph"),
        Anagram(prompt="a man", flipped="a campfire", view="jigsaw", steps=7),
        Hybrid(low="a skull", high="waterfalls", kernel_size=9, steps=5),
    ]

    def programs() -> list:
        contexts = [tiny.context(seed) for seed in range(len(techniques))]
        contexts[2].images["image"] = tiny.picture(0)
        return [
            technique.program(context)
            for technique, context in zip(techniques, contexts, strict=True)
        ]

    alone = [run_alone(program, tiny.evaluators)[0] for program in programs()]
    batched = run_together(programs(), tiny.cascade.evaluator(1))
    for one, other in zip(alone, batched, strict=True):
        assert_equal_pictures(other.image, one.image)


def test_fields_that_need_each_other() -> None:
    import pytest
    from pydantic import ValidationError

    with pytest.raises(ValidationError, match="needs a prompt, or a model"):
        Sample()
    with pytest.raises(ValidationError, match="use prompt"):
        Sample(prompt="a dog", digit=3)
    with pytest.raises(ValidationError, match="kernel has a middle"):
        Hybrid(low="a", high="b", kernel_size=32)


def test_guidance_defaults_to_the_assignments() -> None:
    assert Sample(prompt="a dog").guidance == 7
    assert Sample(prompt="").guidance is None, "there is nothing to guide away from"
    assert Sample(model="digits", digit=3).guidance == 5
    assert Sample(model="digits").guidance is None
    assert Sample(prompt="a dog", guidance=1).network_steps({}) == 33


def test_the_seed_of_a_view_chooses_its_order(tiny: World) -> None:
    def made(view_seed: int) -> torch.Tensor:
        technique = Anagram(
            prompt="a man", flipped="a campfire", view="pixels", view_seed=view_seed, steps=2
        )
        return run_alone(technique.program(tiny.context(1)), tiny.evaluators)[0].image

    assert torch.equal(made(3), made(3))
    assert not torch.equal(made(3), made(4))

"""Each technique equals a plain one-image loop with diffusers alone, under the noise contract."""

from __future__ import annotations

import torch
from tests.helpers import plain
from tests.helpers.driver import run_alone
from tests.techniques.conftest import Close, World

from fwd_report.techniques.anagram import Anagram
from fwd_report.techniques.hybrid import Hybrid
from fwd_report.techniques.inpaint import Inpaint
from fwd_report.techniques.iterative import Iterative
from fwd_report.techniques.one_step import OneStep
from fwd_report.techniques.sample import Sample
from fwd_report.techniques.sdedit import SDEdit

DOG, SKULL = "a photo of a dog", "a lithograph of a skull"
SIX = [830, 664, 498, 332, 166, 0, -1]
"""diffusers' "leading" timesteps for six steps, and the clean image."""


def test_sample_with_guidance(tiny: World, assert_equal_pictures: Close) -> None:
    technique = Sample(prompt=DOG, guidance=7)
    result, calls = run_alone(technique.program(tiny.context(seed=180)), tiny.evaluators)
    assert_equal_pictures(result.image, plain.sample(tiny.plain, DOG, 7, 180))
    assert calls == technique.network_steps({}) == 66


def test_sample_in_fewer_steps(world: World, assert_equal_pictures: Close) -> None:
    technique = Sample(prompt=DOG, guidance=5, steps=6, trajectory=True)
    result, calls = run_alone(technique.program(world.context(seed=3)), world.evaluators)
    assert_equal_pictures(result.image, plain.sample(world.plain, DOG, 5, 3, SIX))
    assert calls == technique.network_steps({}) == 12
    assert result.series["t"] == SIX
    assert len(result.frames["trajectory"]) == 7
    assert torch.equal(result.frames["trajectory"][-1], result.image)


def test_one_step(world: World, assert_equal_pictures: Close) -> None:
    context = world.context(seed=5)
    context.images["image"] = x0 = world.picture(1)
    technique = OneStep(image="x.png", t=500)
    result, calls = run_alone(technique.program(context), world.evaluators)
    noise = torch.randn(x0.shape, generator=torch.Generator("cpu").manual_seed(5))
    xt = world.plain.forward(x0, 500, noise)
    eps, _ = world.plain.ask(xt, 500, "a high quality photo")
    a = world.plain.scheduler.alphas_cumprod[500]
    assert_equal_pictures(result.images["noised"], xt)
    assert_equal_pictures(result.image, (xt - (1 - a).sqrt() * eps) / a.sqrt())
    assert calls == technique.network_steps({}) == 1


def test_iterative(world: World, assert_equal_pictures: Close) -> None:
    context = world.context(seed=5)
    context.images["image"] = world.picture(1)
    technique = Iterative(image="x.png", i_start=27)
    result, calls = run_alone(technique.program(context), world.evaluators)
    expected = plain.iterative(world.plain, world.picture(1), 27, "a high quality photo", 5)
    assert_equal_pictures(result.image, expected)
    assert calls == technique.network_steps({}) == 6
    assert result.series["t"] == [180, 150, 120, 90, 60, 30, 0]


def test_sdedit(world: World, assert_equal_pictures: Close) -> None:
    context = world.context(seed=11)
    context.images["image"] = world.picture(2)
    technique = SDEdit(image="x.png", i_start=25, prompt=SKULL)
    result, calls = run_alone(technique.program(context), world.evaluators)
    expected = plain.sdedit(world.plain, world.picture(2), 25, SKULL, 7, 11)
    assert_equal_pictures(result.image, expected)
    assert calls == technique.network_steps({}) == 16


def test_inpaint(tiny: World, assert_equal_pictures: Close) -> None:
    check_inpaint(tiny, assert_equal_pictures, steps=None)


def test_inpaint_in_fewer_steps(world: World, assert_equal_pictures: Close) -> None:
    check_inpaint(world, assert_equal_pictures, steps=6)


def check_inpaint(world: World, assert_equal_pictures: Close, steps: int | None) -> None:
    context = world.context(seed=7)
    context.images["image"] = x0 = world.picture(3)
    mask = torch.zeros(1, *x0.shape[1:])
    mask[:, 3:9, 5:] = 1
    context.masks["mask"] = mask
    technique = Inpaint(image="x.png", mask="m.png", prompt=DOG, steps=steps)
    result, calls = run_alone(technique.program(context), world.evaluators)
    timesteps = SIX if steps else plain.TIMESTEPS
    expected = plain.inpaint(world.plain, x0, mask, DOG, 7, 7, timesteps)
    assert_equal_pictures(result.image, expected)
    assert calls == technique.network_steps({})


def test_anagram(world: World, assert_equal_pictures: Close) -> None:
    technique = Anagram(prompt=DOG, flipped=SKULL, steps=6)
    result, calls = run_alone(technique.program(world.context(seed=2)), world.evaluators)
    assert_equal_pictures(result.image, plain.anagram(world.plain, DOG, SKULL, 7, 2, SIX))
    assert torch.equal(result.images["viewed"], result.image.flip(1))
    assert calls == technique.network_steps({}) == 24


def test_hybrid(world: World, assert_equal_pictures: Close) -> None:
    technique = Hybrid(low=SKULL, high=DOG, kernel_size=15, sigma=2, steps=6)
    result, calls = run_alone(technique.program(world.context(seed=2)), world.evaluators)
    expected = plain.hybrid(world.plain, SKULL, DOG, 7, 15, 2, 2, SIX)
    assert_equal_pictures(result.image, expected)
    assert calls == technique.network_steps({}) == 18

"""The fields that say how steps are taken: what they ask, refuse and add to keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler
from pydantic import ValidationError
from tests.helpers.driver import run_alone
from tests.helpers.project import write_small_project
from tests.techniques.conftest import Close, World

from fwd_report.build import Options, load_plan
from fwd_report.diffusion.program import Prediction, Query
from fwd_report.errors import UserError
from fwd_report.spec.load import load_project
from fwd_report.techniques.anagram import Anagram
from fwd_report.techniques.base import Technique
from fwd_report.techniques.hybrid import Hybrid
from fwd_report.techniques.inpaint import Inpaint
from fwd_report.techniques.iterative import Iterative
from fwd_report.techniques.sample import Sample
from fwd_report.techniques.sdedit import SDEdit
from fwd_report.techniques.train import Train

DOG, SKULL, OIL = "a photo of a dog", "a lithograph of a skull", "an oil painting"
PICTURE = {"image": "x.png"}
WAYS: list[dict[str, Any]] = [
    {"steps": 5, "sampler": "ddim"},
    {"steps": 5, "sampler": "ddpm", "spacing": "trailing", "negative_prompt": OIL},
    {"timesteps": [990, 600, 300, 10], "sampler": "ddim", "eta": 0.5, "guidance_rescale": 0.5},
    {"steps": 6, "spacing": "linspace", "guidance_interval": [150, 700]},
    {"steps": 6, "guidance_interval": [150, 700], "guidance": 0, "negative_prompt": OIL},
    {"steps": 4, "guidance": 1, "guidance_rescale": 1.0},
    {"steps": 4, "negative_prompt": DOG},
]


def made(way: dict[str, Any]) -> Iterator[Technique]:
    yield Sample(prompt=DOG, **way)
    yield Anagram(prompt=DOG, flipped=SKULL, **way)
    yield Hybrid(low=SKULL, high=DOG, kernel_size=5, **way)
    yield SDEdit(**PICTURE, prompt=DOG, i_start=1, **way)
    yield Inpaint(**PICTURE, mask="m.png", prompt=DOG, resample=2, jump_length=2, **way)
    plain = {name: value for name, value in way.items() if name in Iterative.model_fields}
    yield Iterative(**PICTURE, prompt=DOG, i_start=1, **plain)


class Network:
    """Answers half of what it is asked, and computes nothing."""

    def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
        return [Prediction(query.x / 2, torch.zeros_like(query.x)) for query in queries]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_the_plan_counts_what_is_asked(tiny: World, way: dict[str, Any]) -> None:
    """Network steps and prompts, of every technique, whatever the network answers."""
    networks = {tiny.cascade.model(1).name: Network()}
    for technique in made(way):
        context = tiny.context(seed=3)
        context.images = {"image": tiny.picture(1)}
        context.masks = {"mask": torch.ones(1, *tiny.picture(1).shape[1:])}
        asked: set[str] = set()
        program = technique.program(context)
        result, calls = run_alone(noting(program, asked), networks)
        assert calls == technique.network_steps({}), technique
        assert asked == set(technique.prompts({})), technique
        assert torch.isfinite(result.image).all()


def noting(program: Any, asked: set[str]) -> Any:
    """The same program, its prompts noted."""
    answers = None
    while True:
        try:
            questions = program.send(answers)
        except StopIteration as done:
            return done.value
        asked |= {each.condition for each in questions if isinstance(each, Query)}
        answers = yield questions


def test_ddim_with_a_negative_prompt_is_a_plain_loop(
    world: World, assert_equal_pictures: Close
) -> None:
    scheduler = DDIMScheduler(
        beta_schedule="squaredcos_cap_v2", clip_sample=False, timestep_spacing="trailing"
    )
    scheduler.set_timesteps(5)
    generator = torch.Generator("cpu").manual_seed(4)
    x = torch.randn(world.plain.shape, generator=generator)
    for t in scheduler.timesteps.tolist():
        eps, _ = world.plain.ask(x, t, DOG)
        eps_n, _ = world.plain.ask(x, t, OIL)
        eps = eps_n + 5 * (eps - eps_n)
        x = scheduler.step(eps, t, x, eta=0.4, generator=generator).prev_sample
    technique = Sample(
        prompt=DOG, negative_prompt=OIL, guidance=5, steps=5, spacing="trailing", sampler="ddim",
        eta=0.4,
    )  # fmt: skip
    result, _ = run_alone(technique.program(world.context(4)), world.evaluators)
    assert_equal_pictures(result.image, x)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"eta": 0.5}, "is of `sampler: ddim`"),
        ({"eta": 0.5, "sampler": "ddpm"}, "is of `sampler: ddim`"),
        ({"eta": 1.5, "sampler": "ddim"}, "less than or equal to 1"),
        ({"sampler": "dpm"}, "'ddpm' or 'ddim'"),
        ({"timesteps": [990, 300], "steps": 2}, "already lists every step"),
        ({"timesteps": [990, 300], "spacing": "trailing"}, "already lists every step"),
        ({"timesteps": [300, 990]}, "should fall"),
        ({"timesteps": [990, 990]}, "should fall"),
        ({"timesteps": []}, "at least 1 item"),
        ({"timesteps": [1000]}, "less than 1000"),
        ({"timesteps": [499, 100]}, "timesteps: the first timestep would be 499 of 1000"),
        ({"steps": 1}, "steps: the first timestep would be 0 of 1000"),
        ({"steps": 1, "spacing": "linspace"}, "the first timestep would be 0 of 1000"),
        ({"spacing": "trailing"}, "spacing is of steps"),
        ({"steps": 600}, "is not pure noise yet"),
        ({"guidance_interval": [500, 500]}, "low < high"),
        ({"guidance_rescale": 2}, "less than or equal to 1"),
        ({"prompt": None, "model": "unet", "negative_prompt": "x"}, "negative_prompt is for"),
    ],
    ids=str,
)
def test_what_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Sample(**{"prompt": DOG, **fields})


@pytest.mark.parametrize(
    ("technique", "fields", "message"),
    [
        (SDEdit, {"i_start": 33}, "should be less than 33, not 33"),
        (SDEdit, {"steps": 5, "i_start": 5}, "should be less than 5, not 5"),
        (SDEdit, {"steps": 5}, "should be less than 5, not 10"),
        (Iterative, {"timesteps": [400, 100], "i_start": 2}, "should be less than 2, not 2"),
        (Inpaint, {"mask": "m", "steps": 5, "resample": 2, "jump_length": 5}, "there are 5 steps"),
    ],
)
def test_what_does_not_fit(technique: Any, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        technique(image="x.png", **fields)


def test_what_may_be_said() -> None:
    assert Sample(prompt=DOG, steps=600, spacing="trailing").network_steps({}) == 1200
    assert SDEdit(image="x", timesteps=[500, 100], i_start=0).asked_times() == [500, 100]
    assert Sample(prompt="", negative_prompt=OIL).guidance == 7
    assert Sample(prompt="", negative_prompt=OIL).prompts({}) == ("", OIL)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sampler": "ddim"}, "is for models trained by objective ddpm"),
        ({"timesteps": [200, 100]}, "timesteps is about timesteps"),
        ({"steps": 5, "spacing": "linspace"}, "spacing is about timesteps"),
        ({"digit": 3, "guidance_interval": [1, 5]}, "guidance_interval is about timesteps"),
    ],
)
def test_a_flow_has_no_timesteps(fields: dict[str, Any], message: str) -> None:
    flow = Train(objective="flow", conditioning="class")
    why = Sample(model="flow", **fields).objection("model", flow)
    assert why is not None
    assert message in why
    ddpm = Train(objective="ddpm", conditioning="class", timesteps=300)
    assert Sample(model="ddpm", **fields).objection("model", ddpm) is None


def test_timesteps_that_a_trained_network_has_not() -> None:
    ddpm = Train(objective="ddpm", timesteps=100)
    why = Sample(model="ddpm", timesteps=[200, 100]).objection("model", ddpm)
    assert why == "whose timesteps end at 99: 200 is none"


def test_defaults_are_in_no_key_and_others_are(tmp_path: Path, tiny_if: Path) -> None:
    project = write_small_project(tmp_path, tiny_if)
    section = (
        "title: A\nexperiments:\n"
        "  - {id: a, technique: sample, prompt: a dog, steps: 5, caption: c, FIELDS}\n"
    )

    def parts(fields: str) -> tuple[str, dict[str, Any]]:
        project.write("a", section.replace("FIELDS", fields))
        plan, _ = load_plan(project.root, Options())
        run = next(run for run in plan.runs if run.section == "a")
        return run.key, run.parts["params"]

    key, params = parts("guidance: 7")
    assert set(params) == {
        "prompt", "model", "digit", "guidance", "steps", "trajectory", "dynamic_thresholding",
        "sampler",
    }  # fmt: skip
    said = "spacing: leading, negative_prompt: '', guidance_rescale: 0, guidance_interval: null"
    assert parts(said)[0] == key
    others = (
        "spacing: trailing",
        "negative_prompt: x",
        "guidance_rescale: 0.5",
        "guidance_interval: [100, 200]",
        "sampler: ddim",
        "sampler: ddim, eta: 1",
    )
    assert len({key, *(parts(other)[0] for other in others)}) == 7


@pytest.mark.parametrize(
    ("fields", "line", "message"),
    [
        (("timesteps: [990, 300]", "spacing: trailing"), 7, "`timesteps` already lists every step"),
        (("spacing: trailing",), 6, "spacing is of steps"),
    ],
)
def test_what_is_wrong_with_fields_together_stands_at_one(
    tmp_path: Path, fields: tuple[str, ...], line: int, message: str
) -> None:
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "report.yaml").write_text("title: T\n")
    lines = ["title: A", "experiments:", "  - id: x", "    technique: sample", "    caption: c"]
    lines += [f"    {field}" for field in fields] + ["    prompt: a dog"]
    (tmp_path / "experiments" / "a.yaml").write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError) as error:
        load_project(tmp_path)
    (problem,) = error.value.problems
    assert message in problem.message
    assert problem.line == line

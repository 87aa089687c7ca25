"""Stage II of pictures that are looked at in several ways equals plain loops with diffusers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DDPMScheduler
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from tests.helpers import plain
from tests.helpers.driver import run_alone
from tests.techniques.conftest import Close, World
from torch import Tensor
from torch.nn import functional as F

from fwd_report.diffusion.views import VIEWS
from fwd_report.models import weights
from fwd_report.models.model_folder import ModelFolder
from fwd_report.store.entry import Entry
from fwd_report.techniques.anagram import Anagram
from fwd_report.techniques.base import Technique
from fwd_report.techniques.hybrid import Hybrid
from fwd_report.techniques.sample import Sample
from fwd_report.techniques.upsample import Upsample

DOG, SKULL = "a photo of a dog", "a lithograph of a skull"
STEPS, LEVEL, SEED = 3, 250, 21
Ask = Callable[[Tensor, int, str, Tensor], tuple[Tensor, Tensor]]


def enlarged(world: World, technique: Technique, folder: Path, **fields: Any) -> tuple[Tensor, int]:
    """What `upsample` makes of a run of a technique, and how often it asks the network."""
    save_file({"image": world.picture(4).contiguous()}, folder / "tensors.safetensors")
    params = technique.model_dump(mode="json")
    entry = Entry(
        section="s", experiment="e", technique=technique.name, index=0, seed=0, key="0" * 64,
        params=params, axes={}, alt="", folder=folder, metrics={}, series={}, provenance={},
    )  # fmt: skip
    context = world.context(seed=SEED, stage=2)
    context.needs = {"of": (entry,)}
    upsample = Upsample(of="somewhere", steps=STEPS, noise_level=LEVEL, **fields)
    result, calls = run_alone(upsample.program(context), world.evaluators)
    needs = {"of": technique}
    assert calls == upsample.network_steps(needs)
    assert result.image is not None
    return result.image, calls


def by_hand(world: World, estimate: Callable[[Ask, Tensor, int, Tensor], Any]) -> Tensor:
    """The loop of diffusers' `IFSuperResolutionPipeline`, with another estimate."""
    folder = world.folders[2]
    unet = weights.load_unet(ModelFolder(folder), "cpu", torch.float32)
    scheduler = DDPMScheduler.from_pretrained(folder / "scheduler")
    noising = DDPMScheduler.from_pretrained(folder / "image_noising_scheduler")
    generator = torch.Generator("cpu").manual_seed(SEED)
    size = int(unet.config.sample_size)
    x = torch.randn(1, 3, size, size, generator=generator)
    small = world.picture(4)[None]
    large = F.interpolate(small, (size, size), mode="bilinear", align_corners=True)
    noise = torch.randn(large.shape, generator=generator)
    low = noising.add_noise(large, noise, torch.tensor([LEVEL]))

    @torch.no_grad()
    def ask(x: Tensor, t: int, prompt: str, low: Tensor) -> tuple[Tensor, Tensor]:
        output = unet(
            torch.cat([x, low], 1),
            t,
            world.plain.encode(prompt),
            class_labels=torch.tensor([LEVEL]),
        ).sample
        return output[:, :3], output[:, 3:]

    scheduler.set_timesteps(STEPS)
    for t in scheduler.timesteps.tolist():
        eps, variance = estimate(ask, x, t, low)
        output = torch.cat([eps, variance], 1)
        x = scheduler.step(output, t, x, generator=generator).prev_sample
    return x[0]


def guided(ask: Ask, x: Tensor, t: int, prompt: str, low: Tensor) -> tuple[Tensor, Tensor]:
    eps, variance = ask(x, t, prompt, low)
    eps_u, _ = ask(x, t, "", low)
    return eps_u + 4 * (eps - eps_u), variance


def test_an_anagram(tiny: World, assert_equal_pictures: Close, tmp_path: Path) -> None:
    def estimate(ask: Ask, x: Tensor, t: int, low: Tensor) -> tuple[Tensor, Tensor]:
        eps, variance = guided(ask, x, t, DOG, low)
        turned, its_variance = guided(ask, x.rot90(1, (2, 3)), t, SKULL, low.rot90(1, (2, 3)))
        back = turned.rot90(-1, (2, 3)), its_variance.rot90(-1, (2, 3))
        return (eps + back[0]) / 2, (variance + back[1]) / 2

    technique = Anagram(prompt=DOG, flipped=SKULL, view="rotate90")
    made, calls = enlarged(tiny, technique, tmp_path)
    assert_equal_pictures(made, by_hand(tiny, estimate))
    assert calls == 4 * STEPS
    assert set(Upsample(of="x").prompts({"of": technique})) == {DOG, SKULL, ""}


@pytest.mark.parametrize("split", ["frequency", "colour"])
def test_a_hybrid(tiny: World, assert_equal_pictures: Close, tmp_path: Path, split: Any) -> None:
    def low_part(image: Tensor) -> Tensor:
        if split == "colour":
            return image.mean(1, keepdim=True).expand_as(image)
        return plain.blur(image, 9, 3.0)  # twice as wide as 5 and 1.5

    def estimate(ask: Ask, x: Tensor, t: int, low: Tensor) -> tuple[Tensor, Tensor]:
        eps_low, variance_low = ask(x, t, SKULL, low)
        eps_high, variance_high = ask(x, t, DOG, low)
        eps_u, _ = ask(x, t, "", low)
        eps = low_part(eps_low) + eps_high - low_part(eps_high)
        return eps_u + 4 * (eps - eps_u), (variance_low + variance_high) / 2

    technique = Hybrid(low=SKULL, high=DOG, kernel_size=5, sigma=1.5, split=split)
    made, calls = enlarged(tiny, technique, tmp_path)
    assert_equal_pictures(made, by_hand(tiny, estimate))
    assert calls == 3 * STEPS


def test_a_prompt_of_ones_own_takes_the_place_of_the_runs(
    tiny: World, assert_equal_pictures: Close, tmp_path: Path
) -> None:
    def estimate(ask: Ask, x: Tensor, t: int, low: Tensor) -> tuple[Tensor, Tensor]:
        return guided(ask, x, t, SKULL, low)

    expected = by_hand(tiny, estimate)
    technique = Anagram(prompt=DOG, flipped=DOG)
    assert_equal_pictures(enlarged(tiny, technique, tmp_path, prompt=SKULL)[0], expected)
    assert_equal_pictures(enlarged(tiny, Sample(prompt=SKULL), tmp_path)[0], expected)


@pytest.mark.parametrize(("guidance", "calls"), [(0, 1), (1, 1), (4, 2)])
def test_what_a_step_asks(tiny: World, tmp_path: Path, guidance: float, calls: int) -> None:
    """The counts and prompts of the plan are those of the run, which `enlarged` compares."""
    made = enlarged(tiny, Sample(prompt=DOG), tmp_path, guidance=guidance)
    assert made[1] == calls * STEPS
    assert enlarged(tiny, Sample(prompt=""), tmp_path, guidance=guidance)[1] == STEPS
    anagram = Anagram(prompt=DOG, flipped="")
    enlarged(tiny, anagram, tmp_path, guidance=guidance)
    enlarged(tiny, Hybrid(low=DOG, high=SKULL, kernel_size=3), tmp_path, guidance=guidance)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(sorted(VIEWS)), st.integers(0, 3), st.sampled_from([2, 4]))
def test_an_enlarged_picture_is_seen_as_the_small_one(name: str, seed: int, times: int) -> None:
    """V of the enlarged picture, made small, is V of the small one, or nearly."""
    view = replace(VIEWS[name], seed=seed)
    small = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(seed))
    if name in ("skew", "jigsaw", "inner_circle"):
        small = F.avg_pool2d(small, 5, 1, 2)
    seen = view.enlarged(times).apply(F.interpolate(small[None], scale_factor=float(times))[0])
    found, expected = F.avg_pool2d(seen, times), view.apply(small)
    if name in ("skew", "jigsaw", "inner_circle"):
        assert torch.corrcoef(torch.stack([found.flatten(), expected.flatten()]))[0, 1] > 0.9
    else:
        assert torch.allclose(found, expected, atol=1e-6)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(sorted(VIEWS)))
def test_an_enlarged_view_is_undone(name: str) -> None:
    view = VIEWS[name].enlarged(4)
    image = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert torch.equal(view.invert(view.apply(image)), image)
    assert torch.equal(view.invert_variance(abs(view.sign * view.apply(image))), image)

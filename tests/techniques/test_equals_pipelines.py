"""Stage I and II equal diffusers' own `IFPipeline` and `IFSuperResolutionPipeline`."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import DDPMScheduler, IFPipeline, IFSuperResolutionPipeline
from safetensors.torch import save_file
from tests.helpers.driver import run_alone
from tests.techniques.conftest import Close, World

from fwd_report.models import weights
from fwd_report.models.model_folder import ModelFolder
from fwd_report.store.entry import Entry
from fwd_report.techniques.base import EachRun
from fwd_report.techniques.sample import Sample
from fwd_report.techniques.upsample import Upsample

PROMPT = "an oil painting of people around a campfire"
EITHER = pytest.mark.parametrize("world", ["tiny", "emoji-if"], indirect=True)


def stage_one(world: World, **scheduler: object) -> IFPipeline:
    folder = world.folders[1]
    base = DDPMScheduler.from_pretrained(folder / "scheduler")
    return IFPipeline(
        tokenizer=weights.load_tokenizer(ModelFolder(folder)),
        text_encoder=weights.load_text_encoder(ModelFolder(folder), "cpu", torch.float32),
        unet=weights.load_unet(ModelFolder(folder), "cpu", torch.float32),
        scheduler=DDPMScheduler.from_config(base.config, **scheduler),
        safety_checker=None,
        feature_extractor=None,
        watermarker=None,
        requires_safety_checker=False,
    )


@EITHER
def test_stage_one(world: World, assert_equal_pictures: Close) -> None:
    pipeline = stage_one(world, clip_sample=False, thresholding=False)
    generator = torch.Generator("cpu").manual_seed(9)
    expected = pipeline(
        PROMPT, num_inference_steps=3, guidance_scale=7, generator=generator, output_type="pt"
    ).images[0]
    technique = Sample(prompt=PROMPT, steps=3)
    result, _ = run_alone(technique.program(world.context(9)), world.evaluators)
    assert_equal_pictures(result.image, expected)


def test_stage_one_with_dynamic_thresholding(tiny: World, assert_equal_pictures: Close) -> None:
    pipeline = stage_one(
        tiny, thresholding=True, dynamic_thresholding_ratio=0.9, sample_max_value=1e9
    )
    generator = torch.Generator("cpu").manual_seed(9)
    expected = pipeline(
        PROMPT, num_inference_steps=3, guidance_scale=7, generator=generator, output_type="pt"
    ).images[0]
    technique = Sample(prompt=PROMPT, steps=3, dynamic_thresholding=0.9)
    result, _ = run_alone(technique.program(tiny.context(9)), tiny.evaluators)
    assert_equal_pictures(result.image, expected)


@EITHER
def test_stage_two(world: World, assert_equal_pictures: Close, tmp_path: Path) -> None:
    if 2 not in world.folders:
        pytest.skip("the embedded model has no stage II in this package")
    small = world.picture(4)
    folder = world.folders[2]
    unet = weights.load_unet(ModelFolder(folder), "cpu", torch.float32)
    pipeline = IFSuperResolutionPipeline(
        tokenizer=None,
        text_encoder=None,
        unet=unet,
        scheduler=DDPMScheduler.from_pretrained(folder / "scheduler"),
        image_noising_scheduler=DDPMScheduler.from_pretrained(folder / "image_noising_scheduler"),
        safety_checker=None,
        feature_extractor=None,
        watermarker=None,
        requires_safety_checker=False,
    )
    expected = pipeline(
        prompt_embeds=world.plain.encode(PROMPT),
        negative_prompt_embeds=world.plain.encode(""),
        image=small[None],
        num_inference_steps=3,
        guidance_scale=4,
        noise_level=250,
        generator=torch.Generator("cpu").manual_seed(21),
        output_type="pt",
    ).images[0]

    context = world.context(seed=21, stage=2)
    context.needs = {"of": (entry_with(small, tmp_path, prompt=PROMPT),)}
    technique = Upsample(of="somewhere", steps=3)
    result, calls = run_alone(technique.program(context), world.evaluators)
    assert_equal_pictures(result.image, expected)
    assert calls == technique.network_steps({"of": Sample(prompt=PROMPT)}) == 6


def entry_with(image: torch.Tensor, folder: Path, **params: EachRun) -> Entry:
    save_file({"image": image.contiguous()}, folder / "tensors.safetensors")
    return Entry(
        section="s", experiment="e", technique="sample", index=0, seed=0, key="0" * 64,
        params=params, axes={}, alt="", folder=folder, metrics={}, series={}, provenance={},
    )  # fmt: skip

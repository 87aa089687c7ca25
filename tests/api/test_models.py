"""Networks loaded by hand: the embedded model, folders, trainings."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.helpers.driver import cascade_of, run_alone

import fwd_report
from fwd_report import (
    DDPM,
    LoadedModel,
    Noise,
    UserError,
    answer,
    denoise,
    guided,
    load_model,
    together,
)
from fwd_report.models.embeddings import save_embeddings
from fwd_report.techniques.context import RunContext
from fwd_report.techniques.sample import Sample


@pytest.fixture(autouse=True)
def cache_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_loop_by_hand_is_the_technique_sample(tiny_if: Path, tmp_path: Path) -> None:
    model = load_model(tiny_if, device="cpu", dtype="float32")
    noise = Noise(5)
    estimate = guided(model.estimate("a dog"), model.estimate(""), 7)
    x, times = noise.draw(model.shape), model.process.timesteps(4)
    by_hand = answer(denoise(model.process, x, times, estimate, noise), model)[-1]
    cascade = cascade_of({1: tiny_if / "stage_1"}, tmp_path)
    context = RunContext(5, Noise(5), cascade.model(1))
    program = Sample(prompt="a dog", guidance=7, steps=4).program(context)
    result, _ = run_alone(program, {cascade.model(1).name: cascade.evaluator(1)})
    assert (by_hand - result.image).abs().max() < 1e-5 * result.image.abs().max()
    assert "images (3, 16, 16)" in repr(model)


def test_images_drawn_together_are_those_drawn_alone(tiny_if: Path) -> None:
    model = load_model(tiny_if, device="cpu", batch=3)

    def loop(seed: int) -> Any:
        noise = Noise(seed)
        estimate = model.estimate("a dog")
        x, times = noise.draw(model.shape), model.process.timesteps(2)
        return denoise(model.process, x, times, estimate, noise)

    drawn = answer(together(*map(loop, range(4))), model)
    alone = answer(loop(3), model)
    assert (drawn[3][-1] - alone[-1]).abs().max() < 1e-5 * alone[-1].abs().max()


def test_prompts_may_come_encoded(tiny_if: Path, tmp_path: Path) -> None:
    """The same picture, from a folder without a text encoder."""
    whole = load_model(tiny_if, device="cpu")
    encoder = whole.batcher.evaluator._prompts  # type: ignore[attr-defined]
    file = tmp_path / "prompts.pth"
    save_embeddings(file, {"a dog": encoder.embeddings(["a dog"])[0]})
    shutil.copytree(tiny_if / "stage_1", tmp_path / "bare")
    for part in ("text_encoder", "tokenizer"):
        shutil.rmtree(tmp_path / "bare" / part)
    bare = load_model(tmp_path / "bare", device="cpu", embeddings=file)

    def drawn(model: LoadedModel, prompt: str) -> torch.Tensor:
        noise = Noise(2)
        x, times = noise.draw(model.shape), model.process.timesteps(2)
        loop = denoise(model.process, x, times, model.estimate(prompt), noise)
        return answer(loop, model)[-1]

    assert torch.equal(drawn(bare, "A dog"), drawn(whole, "a dog"))
    with pytest.raises(LookupError, match="no file of embeddings holds 'a cat'"):
        drawn(bare, "a cat")


@pytest.mark.parametrize("variance", ["fixed_small", "fixed_large"])
@pytest.mark.parametrize("whole", [True, False])
def test_a_unet_of_diffusers_draws_what_its_pipeline_draws(
    tmp_path: Path, variance: str, whole: bool
) -> None:
    from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

    torch.manual_seed(0)
    network = UNet2DModel(
        sample_size=8, in_channels=1, out_channels=1, block_out_channels=(32,), norm_num_groups=8,
        down_block_types=("DownBlock2D",), up_block_types=("UpBlock2D",), layers_per_block=1,
    )  # fmt: skip
    scheduler = DDPMScheduler(num_train_timesteps=1000, variance_type=variance)
    DDPMPipeline(network, scheduler).save_pretrained(tmp_path / "ddpm")
    folder = tmp_path / "ddpm"
    if not whole:
        if variance != "fixed_small":
            pytest.skip("a folder of a UNet alone says nothing of its variance")
        folder = folder / "unet"
    model = load_model(folder, device="cpu")
    assert isinstance(model.process, DDPM)
    times = model.process.timesteps(10)
    noise, reference = Noise(3), Noise(3)
    x = noise.draw(model.shape)
    ours = answer(denoise(model.process, x, times, model.estimate(None), noise), model)[-1]
    scheduler.set_timesteps(10)
    theirs = reference.draw(model.shape)[None]
    network.eval()
    for t in scheduler.timesteps:
        with torch.no_grad():
            predicted = network(theirs, t).sample
        step = scheduler.step(predicted, t, theirs, generator=_Draws(reference))
        theirs = step.prev_sample
    assert times[:-1] == scheduler.timesteps.tolist()
    assert (ours - theirs[0]).abs().max() < 1e-4


class _Draws(torch.Generator):
    """A generator in the state of a `Noise`, for diffusers."""

    def __new__(cls, noise: Noise) -> Any:
        return noise._generator


def test_what_is_no_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no model folder"):
        load_model(str(tmp_path / "nothing"))
    with pytest.raises(UserError, match="holds no model"):
        load_model(tmp_path)
    with pytest.raises(UserError, match="device 'gpu'"):
        load_model(device="gpu")
    with pytest.raises(UserError, match="there is no model folder '~nobody-of-that-name/x'"):
        load_model("~nobody-of-that-name/x")
    with pytest.raises(ValueError, match="batch is 0; at least one"):
        load_model(batch=0)


def test_what_is_no_condition_is_an_error(tiny_if: Path) -> None:
    model = load_model(tiny_if, device="cpu")
    for wrong in (3, None, ["a dog"]):
        with pytest.raises(TypeError, match="asked under a prompt, a text, not under"):
            model.estimate(wrong)
    noise, times = Noise(0), model.process.timesteps(2)
    loop = denoise(model.process, noise.draw((1, *model.shape)), times, model.estimate(""), noise)
    with pytest.raises(ValueError, match=r"a tensor \(1, 3, 16, 16\); .* \(3, 16, 16\); together"):
        answer(loop, model)


@pytest.mark.parametrize(
    ("cut", "t", "message"),
    [
        (15, 500, r"asked about a tensor \(3, 15, 16\); the model takes \(3, 16, 16\)"),
        (16, -5, "stage_1 is asked at the time -5; the model's times are the whole .* 0 to 999"),
        (16, 1000, "asked at the time 1000; "),
        (16, 3.7, "asked at the time 3.7; "),
        (16, float("nan"), "asked at the time nan; "),
        (16, "late", "asked at the time 'late', which is no number"),
    ],
)
def test_what_the_model_cannot_answer_is_an_error(
    tiny_if: Path, cut: int, t: Any, message: str
) -> None:
    model = load_model(tiny_if, device="cpu")
    with pytest.raises(ValueError, match=message):
        answer(model.estimate("")(torch.zeros(model.shape)[:, :cut], t), model)


def test_loading_and_asking_leaves_nothing_changed(tiny_if: Path) -> None:
    import transformers.utils.logging

    before = torch.random.get_rng_state(), transformers.utils.logging.get_verbosity()
    model = load_model(tiny_if, device="cpu")
    x = torch.zeros(model.shape)
    estimate = model.estimate("a prompt that was never read before")
    answer(denoise(model.process, x, model.process.timesteps(1), estimate, Noise(0)), model)
    after = torch.random.get_rng_state(), transformers.utils.logging.get_verbosity()
    assert torch.equal(before[0], after[0])
    assert before[1] == after[1]


def test_a_tensor_becomes_a_picture() -> None:
    image = fwd_report.to_image(torch.tensor([[[-2.0, 0.0], [1.0, 0.999]]]))
    assert (image.mode, list(image.getdata())) == ("L", [0, 128, 255, 255])
    image = fwd_report.to_image(torch.ones(3, 2, 4), (0, 1))
    assert (image.mode, image.size) == ("RGB", (4, 2))
    with pytest.raises(ValueError, match=r"1 or 3 channels, not \(2, 4, 4\)"):
        fwd_report.to_image(torch.ones(2, 4, 4))
    with pytest.raises(ValueError, match=r"not \(1, 3, 4, 4\)"):
        fwd_report.to_image(torch.ones(1, 3, 4, 4))
    with pytest.raises(TypeError, match="not a list"):
        fwd_report.to_image([[0.0]])  # type: ignore[arg-type]

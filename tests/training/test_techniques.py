"""Part B's techniques: what they compute and what their figures show."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file, save_file
from scipy.linalg import sqrtm
from tests.helpers.driver import run_alone
from tests.training.conftest import SEED, entry_of

from fwd_report.diffusion.noise import Noise
from fwd_report.store.entry import Entry
from fwd_report.techniques.architecture import Architecture
from fwd_report.techniques.base import Result
from fwd_report.techniques.context import RunContext
from fwd_report.techniques.curves import Curves
from fwd_report.techniques.denoise import Denoise
from fwd_report.techniques.evaluate import Evaluate
from fwd_report.techniques.noising import Noising
from fwd_report.techniques.parts import Curve, Drawing, Grid, Table
from fwd_report.techniques.sample import Sample
from fwd_report.techniques.train import Train
from fwd_report.training.checkpoints import load_trained
from fwd_report.training.datasets import load_dataset
from fwd_report.training.kernel_distance import kernel_distance
from fwd_report.training.unet import UNet


def test_what_a_spec_leaves_out_is_the_assignments() -> None:
    ddpm, flow, denoiser = (Train(objective=name) for name in ("ddpm", "flow", "denoiser"))
    assert (ddpm.hidden, ddpm.batch, ddpm.lr, ddpm.epochs) == (64, 128, 1e-3, 20)
    assert (flow.hidden, flow.batch, flow.lr, flow.epochs) == (64, 64, 1e-2, 10)
    assert (denoiser.hidden, denoiser.batch, denoiser.lr, denoiser.epochs) == (128, 256, 1e-4, 5)
    assert (ddpm.conditioning, denoiser.conditioning) == ("time", "none")
    assert Train(objective="flow", hidden=8).hidden == 8
    assert ddpm._decay() ** ddpm.epochs == pytest.approx(0.1)
    assert denoiser._decay() == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"objective": "denoiser", "conditioning": "time"}, "neither time nor class"),
        ({"objective": "ddpm", "normalise": True}, "normalise is for a denoiser"),
        ({"epochs": 0}, "greater than or equal to 1"),
        ({"objective": "gan"}, "'denoiser', 'ddpm' or 'flow'"),
    ],
)
def test_fields_that_do_not_fit_are_refused(fields: Mapping[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Train.model_validate(fields)


@pytest.mark.parametrize("kind", ["denoiser", "ddpm", "flow"])
def test_a_training_keeps_every_epoch_and_every_steps_loss(
    trained: dict[str, Entry], kind: str
) -> None:
    entry = trained[kind]
    technique = Train.model_validate(entry.params)
    kept = sorted(path.name for path in entry.folder.iterdir() if path.name[0] != ".")
    assert kept == ["epoch-001.safetensors", "epoch-002.safetensors"]
    assert technique.epochs_kept() == 2
    assert len(entry.series["loss"]) == technique.network_steps({}) == 6
    assert entry.metrics["loss"] == pytest.approx(sum(entry.series["loss"][3:]) / 3)
    assert entry.metrics["test_images"] == 299
    assert 0 < entry.metrics["test_loss"] < 3
    (curve,) = Train.figure([entry])
    assert isinstance(curve, Curve)
    assert curve.log_y
    assert f"{entry.series['loss'][-1]:.4f}" in curve.alt


def denoised(technique: Denoise, entry: Entry) -> tuple[Result, int]:
    model, evaluator = load_trained(entry, None, "cpu")
    context = RunContext(SEED, Noise(SEED), model)
    return run_alone(technique.program(context), {model.name: evaluator})


@torch.inference_mode()
def test_denoise_asks_once_for_each_image_and_measures_the_answers(
    trained: dict[str, Entry],
) -> None:
    technique = Denoise(model="denoiser", dataset="digits", example=3, sigma=0.4, images=5)
    result, calls = denoised(technique, trained["denoiser"])
    assert calls == technique.network_steps({}) == 6

    network = UNet(4).eval()
    network.load_state_dict(load_file(trained["denoiser"].folder / "epoch-002.safetensors"))
    images = load_dataset("digits").test_images
    noise = Noise(SEED)
    chosen = torch.cat((images[3:4], images[:5]))
    noisy = chosen + 0.4 * torch.stack([noise.draw((1, 28, 28)) for _ in chosen])
    answers = network(noisy)
    assert result.image is not None
    torch.testing.assert_close(result.image, answers[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(result.images["noisy"], noisy[0])
    errors = (answers[1:] - chosen[1:]).square()
    assert result.metrics["mse"] == pytest.approx(errors.mean().item(), rel=1e-4)
    shown = (answers[1:].clamp(0, 1) - chosen[1:]).square().mean((1, 2, 3))
    assert result.metrics["psnr"] == pytest.approx((-10 * shown.log10()).mean().item(), rel=1e-4)
    own = (answers[0].clamp(0, 1) - chosen[0]).square().mean()
    assert result.metrics["psnr_shown"] == pytest.approx((-10 * own.log10()).item(), rel=1e-4)


def test_pure_noise_is_compared_with_the_mean_image(trained: dict[str, Entry]) -> None:
    technique = Denoise(model="denoiser", dataset="digits", pure_noise=True, images=2)
    result, _ = denoised(technique, trained["denoiser"])
    assert torch.equal(result.images["noisy"], 0.5 * Noise(SEED).draw((1, 28, 28)))
    assert set(result.metrics) == {"mse_to_mean", "images"}
    torch.testing.assert_close(result.images["mean"], load_dataset("digits").train_images.mean(0))


def test_the_inputs_of_a_denoiser_are_shown_once_above_all_epochs(tmp_path: Path) -> None:
    entries = []
    for epoch in (1, 5):
        for sigma in (0.2, 0.8):
            technique = Denoise(model=f"denoiser@{epoch}", sigma=sigma)
            axes = {"model": f"denoiser@{epoch}", "sigma": sigma}
            result = Result(metrics={"psnr": 10 + sigma, "psnr_shown": 9.0, "images": 100})
            entries.append(entry_of(technique, tmp_path, result, axes=axes))
    (grid,) = Denoise.figure(entries)
    assert isinstance(grid, Grid)
    assert grid.row_labels == ("input", "epoch 1", "epoch 5")
    assert grid.column_labels == ("σ = 0.2", "σ = 0.8")
    assert grid.rows[0][0].source.name == "noisy.png"
    assert grid.rows[1][1].note.replace("\N{NO-BREAK SPACE}", " ") == "9.0 dB, mean 10.8"
    assert grid.notes.endswith("of the picture and the mean over 100 test images")


def test_noising_adds_sigma_times_the_contracts_noise() -> None:
    technique = Noising(dataset="digits", example=2, sigma=0.7)
    result, calls = run_alone(technique.program(RunContext(5, Noise(5))), {})
    expected = load_dataset("digits").test_images[2] + 0.7 * Noise(5).draw((1, 28, 28))
    assert calls == 0
    assert result.image is not None
    assert torch.equal(result.image, expected)


@pytest.fixture
def samples(tmp_path: Path) -> list[Entry]:
    """Test digits posing as samples: all of checkpoint 1 under wrong labels, of 2 under right."""
    dataset = load_dataset("digits")
    entries = []
    for epoch in (1, 2):
        for index in range(20):
            label = int(dataset.test_labels[index])
            asked = label if epoch == 2 else (label + 1) % 10
            technique = Sample(model=f"unet@{epoch}", digit=asked)
            folder = tmp_path / f"{epoch}-{index}"
            folder.mkdir()
            save_file({"image": dataset.test_images[index]}, folder / "tensors.safetensors")
            axes = {"model": f"unet@{epoch}", "digit": asked, "sample": 1}
            entries.append(entry_of(technique, folder, Result(), axes=axes))
    return entries


def test_evaluate_judges_each_checkpoint_by_the_label_asked_for(
    trained: dict[str, Entry], samples: list[Entry], tmp_path: Path
) -> None:
    technique = Evaluate(of="samples", classifier="classifier", dataset="digits")
    needs = {"of": tuple(samples), "classifier": (trained["classifier"],)}
    result = technique.job(RunContext(0, Noise(0), needs=needs))
    wrong, right = result.series["accuracy"]
    assert right > 0.5 > wrong
    assert result.series["samples"] == [20, 20]
    assert result.series["kid"][0] == pytest.approx(result.series["kid"][1])
    assert result.series["kid_subset"] == [10, 10]
    assert result.metrics["accuracy"] == right

    (table,) = Evaluate.figure([replace(entry_of(technique, tmp_path, result), needs=needs)])
    assert isinstance(table, Table)
    assert [row[:3] for row in table.rows] == [
        ("epoch 1", "20", f"{wrong:.1%}"),
        ("epoch 2", "20", f"{right:.1%}"),
    ]


def test_groups_without_a_digit_or_of_one_sample_keep_their_row(
    trained: dict[str, Entry], samples: list[Entry], tmp_path: Path
) -> None:
    unasked = [
        replace(entry, params={**entry.params, "digit": None}, axes={"case": "unasked"})
        for entry in samples[:2]
    ]
    alone = [replace(samples[20], axes={"case": "alone"})]
    technique = Evaluate(of="samples", classifier="classifier", dataset="digits")
    needs = {"of": (*unasked, *alone, *samples[20:]), "classifier": (trained["classifier"],)}
    result = technique.job(RunContext(0, Noise(0), needs=needs))
    (table,) = Evaluate.figure([replace(entry_of(technique, tmp_path, result), needs=needs)])
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["unasked", "alone", "epoch 2"]
    assert [row[2] == "no digit requested" for row in table.rows] == [True, False, False]
    assert [row[3] == "too few samples" for row in table.rows] == [True, True, False]
    assert table.rows[2][4] == "10"
    assert table.rows[2][2] == f"{result.metrics['accuracy']:.1%}"


def test_a_classifier_learns_and_tells_its_accuracy(trained: dict[str, Entry]) -> None:
    entry = trained["classifier"]
    assert entry.metrics["accuracy"] > 0.6
    assert entry.metrics["test_images"] == 299


def fid(a: torch.Tensor, b: torch.Tensor) -> float:
    """The Fréchet distance of two sets, each taken as a Gaussian."""
    covariance_a, covariance_b = (torch.cov(x.double().T).numpy() for x in (a, b))
    means = (a.double().mean(0) - b.double().mean(0)).square().sum().item()
    root = sqrtm(covariance_a @ covariance_b).real
    return float(means + (covariance_a + covariance_b - 2 * root).trace())


@pytest.mark.parametrize("samples", [20, 40, 200])
def test_two_sets_from_one_gaussian_are_at_no_distance(samples: int) -> None:
    distances = []
    for seed in range(20):
        generator = torch.Generator().manual_seed(seed)
        a = torch.randn(samples, 64, generator=generator)
        b = torch.randn(300, 64, generator=generator)
        distances.append(kernel_distance(a, b, seed))
        if samples == 40:
            assert fid(a, b) > 20
    means, spreads = torch.tensor(distances).T
    assert means.mean().abs() < 3 * means.std() / len(means) ** 0.5
    assert (means.abs() < spreads).float().mean() > 0.9


def test_the_kernel_distance_is_the_formulas_and_grows() -> None:
    generator = torch.Generator().manual_seed(0)
    b = torch.randn(40, 8, generator=generator)
    shifted = [kernel_distance(b + shift, b, 0)[0] for shift in (0.0, 0.5, 1.0)]
    assert shifted == sorted(shifted)
    assert kernel_distance(b + 1, b, 0) == kernel_distance(b + 1, b, 0)
    before = torch.random.get_rng_state()
    kernel_distance(b, b, 1)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("conditioning", ["none", "time", "class"])
def test_the_diagram_says_what_each_block_answered(tmp_path: Path, conditioning: str) -> None:
    technique = Architecture.model_validate({"conditioning": conditioning, "hidden": 6})
    result = technique.job(RunContext(0, Noise(0), folder=tmp_path))
    words = [
        element.text
        for element in ET.parse(tmp_path / "architecture.svg").iter()
        if element.tag.endswith("text")
    ]
    expected = ["6 × 28 × 28", "6 × 14 × 14", "12 × 7 × 7", "12 × 1 × 1", "24 → 6", "12 → 6"]
    assert [word for word in expected if word not in words] == []
    assert words.count("cat") == 3
    assert words.count("FCBlock") == {"none": 0, "time": 2, "class": 4}[conditioning]
    network = UNet(6, conditioning)  # type: ignore[arg-type]
    assert result.metrics["parameters"] == sum(p.numel() for p in network.parameters())
    (drawing,) = Architecture.figure([entry_of(technique, tmp_path, result)])
    assert isinstance(drawing, Drawing)
    assert drawing.source.exists()


def test_curves_draws_a_line_for_each_training(trained: dict[str, Entry]) -> None:
    entries = [
        replace(trained["ddpm"], label="one"),
        replace(trained["flow"], label="one", axes={"case": "two"}),
    ]
    (curve,) = Curves.figure(entries)
    assert isinstance(curve, Curve)
    assert [name for name, _ in curve.lines] == ["one", "two"]
    assert curve.lines[1][1] == tuple(trained["flow"].series["loss"])

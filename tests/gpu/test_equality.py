"""A GPU makes what the CPU makes, technique by technique, within the bound of the guide."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from tests import golden
from tests.gpu.helpers import built, differences, write_samples

from fwd_report.precision import rounding, rounding_policy
from fwd_report.training.loop import BF16, computed_in

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "hardware.md"
HALF_MEAN = 0.1
"""How far pictures of half precision may be off on average, of a range of 2."""


def bound() -> float:
    """The largest difference that the guide promises, of a range of 2."""
    (said,) = re.findall(r"differ by at most \*\*(\S+)\*\*", GUIDE.read_text(encoding="utf-8"))
    return float(said)


def test_every_technique_makes_what_the_cpu_makes(
    costly_on_a_cpu: str, every_technique: Path, tmp_path: Path
) -> None:
    """On the CPU the other side is batches in place of single pictures."""
    device = costly_on_a_cpu
    golden.write_project(tmp_path / "there")
    models = ("model", "upscaler", "scorer") if device == "cuda" else ()
    values = [f"{model}=emoji-if" for model in models]
    one = every_technique
    if device == "cuda":
        one = Path(shutil.copytree(tmp_path / "there", tmp_path / "here"))
    here = built(one, [*values, "device=cpu"])
    there = built(tmp_path / "there", [*values, f"device={device}", "deterministic=false"])
    assert {run["technique"] for run in here.values()} == set(golden.techniques_that_run())
    trained = {name for name, run in here.items() if run["technique"] in ("train", "classify")}
    for name, (largest, _) in differences(here, there).items():
        # A training's weights, and what they draw, drift with the order of sums.
        needs_training = name in trained or "trained" in name or "flow" in name
        assert largest <= (0.05 if needs_training else bound()), name
    for name in trained:
        for series, values in here[name]["series"].items():
            assert there[name]["series"][series] == pytest.approx(values, rel=0.02), name


@pytest.fixture(scope="module")
def exact(model: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Pictures in float32, by the CPU."""
    root = write_samples(tmp_path_factory.mktemp("exact") / "here", 2)
    return built(root, [*model, "device=cpu", "dtype=float32"], ["samples.dogs"])


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_close(
    device: str, model: list[str], exact: dict[str, Any], tmp_path: Path, dtype: str
) -> None:
    values = [*model, f"device={device}", f"dtype={dtype}"]
    there = built(write_samples(tmp_path / "there", 2), values, ["samples.dogs"])
    for name, (_, mean) in differences(exact, there).items():
        assert 0 < mean < HALF_MEAN, name
        assert there[name]["provenance"]["dtype"] == dtype


def test_provenance_names_what_computed(device: str, model: list[str], tmp_path: Path) -> None:
    write_samples(tmp_path, 2)
    values = [*model, f"device={'auto' if device == 'cuda' else device}", "tf32=true"]
    found = built(tmp_path, values)
    for run in found.values():
        said = run["provenance"]
        assert said["device"] == device
        assert said["peak_memory"] > 0
        if device == "cuda":
            assert said["hardware"] == torch.cuda.get_device_name()
            assert said["dtype"] == "float16"
            assert said["precision"] == "float32 products and convolutions in TF32"
        else:
            assert said["dtype"] == "float32"
            assert said["precision"] == "float32 products in float32"


def test_float32_is_float32(device: str) -> None:
    """By the error of a product and a convolution against float64; TF32 shows where it is."""
    torch.manual_seed(0)
    a, b = torch.randn(256, 256), torch.randn(256, 256)
    x, w = torch.randn(1, 64, 32, 32), torch.randn(64, 64, 3, 3)

    def error() -> float:
        apart = []
        for product, exact in (
            ((a.to(device) @ b.to(device)), a.double() @ b.double()),
            (
                torch.conv2d(x.to(device), w.to(device), padding=1),
                torch.conv2d(x.double(), w.double(), padding=1),
            ),
        ):
            apart.append(float((product.cpu().double() - exact).abs().max() / exact.abs().max()))
        return max(apart)

    with rounding():
        assert error() < 1e-5
        assert "TF32" not in rounding_policy(device)
    if device == "cuda" and torch.cuda.get_device_capability() >= (8, 0):
        with rounding(tf32=True):
            assert 1e-5 < error() < 1e-2
            assert "TF32" in rounding_policy(device)


def test_trainings_in_bf16_and_compiled_say_so(
    costly_on_a_cpu: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the CPU, dynamo's tracing without its C++ compilation, which takes minutes."""
    device = costly_on_a_cpu
    if device == "cpu":
        compiled = torch.compile
        monkeypatch.setattr(torch, "compile", lambda network: compiled(network, backend="eager"))
    section = """\
title: Trained
order: 10
intro: Trained.
experiments:
"""
    common = "technique: train, objective: flow, hidden: 4, batch: 16, epochs: 1, examples: 64"
    for name, more in (
        ("plain", "precision: fp32"),
        ("bf16", "precision: bf16"),
        ("compiled", "precision: fp32, compile: true"),
    ):
        section += f"  - {{id: {name}, {common}, {more}, caption: Trained.}}\n"
    write_samples(tmp_path, 1)
    (tmp_path / "experiments" / "trained.yaml").write_text(section)
    found = built(tmp_path, [f"device={device}"], ["trained"])
    losses = {name: run["series"]["loss"] for name, run in found.items()}
    plain = losses["trained.plain[0]"]
    assert losses["trained.compiled[0]"] == pytest.approx(plain, rel=1e-2)
    assert losses["trained.bf16[0]"] == pytest.approx(plain, rel=0.1)
    assert losses["trained.bf16[0]"] != plain
    assert found["trained.bf16[0]"]["provenance"]["dtype"] == BF16 == computed_in(device, "bf16")
    assert found["trained.plain[0]"]["provenance"]["dtype"] == "float32"

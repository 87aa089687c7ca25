"""Half precision that overflows ends its run with the cause and the way out, on any device."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.gpu.conftest import CUDA
from tests.gpu.helpers import built, write_samples

from fwd_report.build import Options, build
from fwd_report.models import cascade
from fwd_report.precision import marked_not_finite

ONLY = ["samples.dogs"]


@pytest.fixture
def overflowing(tiny_if: Path, tmp_path: Path) -> Path:
    """A model whose first layer is beyond float16; the norm after it takes that back."""
    model = Path(shutil.copytree(tiny_if, tmp_path / "model"))
    weights = model / "stage_1" / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(weights)
    tensors["conv_in.weight"] *= 1e6
    save_file(tensors, weights)
    return model


@pytest.mark.parametrize("device", ["cpu as a GPU", CUDA])
def test_float16_that_overflows_is_named_and_bfloat16_is_the_way_out(
    overflowing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    """A GPU is not waited for, so that the picture is looked at when it is stored.

    test_precision.py has the same of a CPU.
    """
    if device == "cpu as a GPU":
        monkeypatch.setattr(cascade, "kept_finite", lambda output, dtype: marked_not_finite(output))
    root = write_samples(tmp_path / "writeup", 1)
    values = [
        f"model={overflowing}",
        f"upscaler={overflowing}",
        f"device={device.partition(' ')[0]}",
    ]
    outcome = build(root, Options(overrides=[*values, "dtype=float16"], only=ONLY))
    failure = outcome.failures[0]
    assert failure.run.name.startswith("samples.dogs")
    assert failure.wrong_input
    assert "largest of float16" in failure.cause
    assert "dtype: bfloat16" in failure.cause
    found = built(root, [*values, "dtype=bfloat16"], ONLY)
    assert {run["provenance"]["dtype"] for run in found.values()} == {"bfloat16"}


@pytest.mark.parametrize("device", ["cpu", CUDA])
def test_one_overflow_marks_its_own_picture_alone(device: str) -> None:
    output = torch.randn(5, 6, 4, 4, device=device).half()
    output[1, 2, 3, 3] = float("inf")
    output[3, 0, 0, 0], output[3, 0, 0, 1] = float("inf"), -float("inf")
    output[4, 5, 3, 3] = float("nan")
    found = marked_not_finite(output.clone())
    assert torch.equal(found[[0, 2]], output[[0, 2]])
    assert found[[1, 3, 4]].isnan().all()

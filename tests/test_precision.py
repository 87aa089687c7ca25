"""What is computed in: set in one place, for as long as a build, and named truly."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.helpers.project import write_small_project

from fwd_report.errors import UserError
from fwd_report.precision import choose_dtype, require_finite, rounding, rounding_policy
from fwd_report.site.provenance import _precision


def state() -> list[Any]:
    backends = torch.backends
    places: list[Any] = [
        backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn,
        backends.mkldnn.matmul, backends.mkldnn.conv, backends.mkldnn.rnn,
    ]  # fmt: skip
    found: list[Any] = [place.fp32_precision for place in places]
    found += [torch.get_float32_matmul_precision(), backends.cudnn.allow_tf32]
    return [
        *found,
        backends.cuda.matmul.allow_fp16_reduced_precision_reduction,
        backends.cuda.matmul.allow_bf16_reduced_precision_reduction,
    ]


@pytest.mark.parametrize("tf32", [False, True])
@pytest.mark.parametrize("own", ["highest", "high", "medium"])
def test_rounding_is_set_and_given_back(tf32: bool, own: str) -> None:
    """Also where the process chose otherwise; the older questions of torch stay answered."""
    matmuls: list[Any] = [torch.backends.cuda.matmul, torch.backends.mkldnn.matmul]
    first = [place.fp32_precision for place in matmuls]
    try:
        torch.set_float32_matmul_precision(own)
        before = state()
        with rounding(tf32):
            gpu = "tf32" if tf32 else "ieee"
            assert state() == [
                gpu, gpu, gpu, "ieee", "ieee", "ieee", "high" if tf32 else "highest", tf32,
                False, False,
            ]  # fmt: skip
            assert ("TF32" in rounding_policy("cuda:0")) == tf32
            assert rounding_policy("cpu") == "float32 products in float32"
        assert state() == before
    finally:
        torch.set_float32_matmul_precision("highest")
        for place, said in zip(matmuls, first, strict=True):
            place.fp32_precision = said


def test_rounding_is_given_back_after_an_error() -> None:
    before = state()
    with pytest.raises(ValueError, match="stop"), rounding(tf32=True):
        raise ValueError("stop")
    assert state() == before


def test_the_policy_says_what_torch_does_by_itself() -> None:
    """Convolutions in TF32, which is why it is not left to itself."""
    assert rounding_policy("cuda") == "float32 convolutions in TF32"


def test_pages_say_tf32_where_it_was_used() -> None:
    with rounding(tf32=True):
        coarse = {"dtype": "float32", "precision": rounding_policy("cuda")}
    assert _precision([coarse]) == "float32; float32 products and convolutions in TF32"
    assert _precision([{"dtype": "float32", "precision": rounding_policy("cpu")}]) == "float32"


def test_dtypes() -> None:
    assert choose_dtype("auto", "cuda:1") == torch.float16
    assert choose_dtype("auto", "cpu") == torch.float32
    assert choose_dtype("bfloat16", "cpu") == torch.bfloat16
    with pytest.raises(UserError, match="dtype 'float8' is not one of auto, float32"):
        choose_dtype("float8", "cpu")


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_an_answer_that_is_not_finite(value: float) -> None:
    require_finite(torch.ones(3), torch.float16)
    with pytest.raises(UserError, match=r"(?s)largest of float16.*dtype: bfloat16"):
        require_finite(torch.tensor([1.0, value]), torch.float16)
    with pytest.raises(UserError, match="in bfloat16 is not finite"):
        require_finite(torch.tensor([1.0, value]), torch.bfloat16)


def test_half_precision_that_overflows_names_the_experiment_and_the_way_out(
    tiny_if: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(tiny_if, tmp_path / "model"))
    weights = model / "stage_1" / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(weights)
    tensors["conv_in.weight"] *= 1e6  # the first norm takes it back, if it gets there
    save_file(tensors, weights)
    project = write_small_project(tmp_path / "writeup", model)
    build = ("build", "--only", "hybrids", "--set", "device=cpu")
    failed = project(*build, "--set", "dtype=float16")
    assert failed.returncode == 2, failed.stderr
    assert "hybrids.skull[0] (experiments/hybrids.yaml:7)" in failed.stderr
    assert "largest of float16" in failed.stderr
    assert "dtype: bfloat16" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not project.stored()
    done = project(*build, "--set", "dtype=bfloat16")
    assert done.returncode == 0, done.stderr

"""What networks take is known before they are loaded, and they are placed by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from fwd_report.capacity import Capacity, limit, parse_size
from fwd_report.errors import UserError
from fwd_report.models import footprint, weights
from fwd_report.models.footprint import (
    Footprint,
    LiveBytes,
    encoder_footprint,
    picture_memory,
    unet_footprint,
)
from fwd_report.models.model_folder import ModelFolder
from fwd_report.models.placing import place_encoder, place_stages
from fwd_report.store.memory import Found, Memory

GIB = 2**30
XL, M, UPSCALER = (Footprint(int(size * GIB), GIB // 4) for size in (8.0, 0.7, 2.3))
T4 = Capacity(int(14.7 * GIB), int(14.6 * GIB))
COLAB = Capacity(int(12.7 * GIB), int(11.0 * GIB))
DTYPES = [torch.float32, torch.bfloat16, torch.float16]


@pytest.mark.parametrize("dtype", DTYPES)
def test_headers_say_what_loaded_weights_take(
    tiny_if: Path, tmp_path: Path, dtype: torch.dtype
) -> None:
    folder = ModelFolder(tiny_if / "stage_1")

    def taken(network: torch.nn.Module) -> int:
        return sum(weight.numel() * weight.itemsize for weight in network.parameters())

    unet = unet_footprint(folder, dtype, Memory(tmp_path / "own" / "memory"))
    assert unet.weights == taken(weights.load_unet(folder, "cpu", dtype))
    encoder = encoder_footprint(folder, dtype)
    assert encoder.weights == taken(weights.load_text_encoder(folder, "cpu", dtype))


@pytest.mark.parametrize("stage", [1, 2])
def test_a_picture_takes_what_a_forward_pass_holds(tiny_if: Path, stage: int) -> None:
    """Counted on `meta`, as on the CPU with numbers; and each more picture takes no more."""
    folder = ModelFolder(tiny_if / f"stage_{stage}")
    counted = picture_memory(weights.empty_unet(folder), torch.float32)
    unet = weights.load_unet(folder, "cpu", torch.float32)

    def held(pictures: int) -> int:
        side, channels = unet.config.sample_size, unet.config.in_channels
        x, text = torch.zeros(pictures, channels, side, side), torch.zeros(pictures, 77, 16)
        t = torch.zeros(pictures, dtype=torch.long)
        labels = {"class_labels": t} if stage == 2 else {}
        with torch.no_grad(), LiveBytes([*unet.parameters(), x, text, t]) as counter:
            unet(x, t, text, return_dict=False, **labels)
        return int(counter.most)

    assert 0.8 * held(1) <= counted <= 1.2 * held(1)
    assert held(5) - held(4) <= 1.2 * counted


def test_a_picture_that_cannot_be_foreseen_stops_nothing(
    tiny_if: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> int:
        raise NotImplementedError("not on meta")

    monkeypatch.setattr(footprint, "picture_memory", fails)
    memory = Memory(tmp_path / "own" / "memory")
    found = unet_footprint(ModelFolder(tiny_if / "stage_1"), torch.float32, memory)
    assert found.picture == 0
    assert found.weights > 0
    placing = place_stages({1: found}, Capacity(GIB, GIB), None, 16)
    assert placing.batches == {1: 16}


def test_the_reports_of_a_process_measure_a_network_once(
    tiny_if: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[torch.dtype] = []

    def counted(unet: Any, dtype: torch.dtype) -> int:
        measured.append(dtype)
        return 5

    monkeypatch.setattr(footprint, "picture_memory", counted)
    process = Found()
    for report in ("one", "another"):
        memory = Memory(tmp_path / report / "own" / "memory", process)
        for dtype in (torch.float32, torch.float16):
            assert unet_footprint(ModelFolder(tiny_if / "stage_1"), dtype, memory).picture == 5
    assert measured == [torch.float32, torch.float16]


def test_only_what_is_still_there_counts() -> None:
    with LiveBytes([]) as held:
        a = torch.zeros(1000)
        b = a + 1
        del a
        c = b + 1
        view = c[:10]
        del b, c
        d = torch.zeros(500)
    assert held.most == 2 * 4000
    assert view.shape == (10,)
    assert d.shape == (500,)


def test_a_file_is_read_a_tensor_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "unet").mkdir()
    whole = {f"weight{n}": torch.randn(1000, n + 1) for n in range(6)}
    save_file(whole, tmp_path / "unet" / "diffusion_pytorch_model.safetensors")
    largest = 4 * 6000
    found = {}
    with LiveBytes([]) as held:
        for name, tensor in ModelFolder(tmp_path).tensors("unet"):
            found[name] = tensor.sum()
            del tensor
    assert found == {name: tensor.sum() for name, tensor in whole.items()}
    assert largest <= held.most <= 2 * largest + 100


def test_a_free_colab_with_its_t4() -> None:
    """Both stages with float16 and embeddings given: in turns for 64 pictures, together for 4."""
    placing = place_stages({1: XL, 2: UPSCALER}, T4, COLAB, 64)
    assert not placing.together
    assert not placing.parked, "half of the memory beside it is for others"
    assert place_stages({1: XL, 2: UPSCALER}, T4, Capacity(64 * GIB, 60 * GIB), 64).parked
    assert placing.batches[1] == int((T4.free * 15 // 16 - XL.weights) // XL.picture)
    assert placing.batches[2] > placing.batches[1] > 16
    assert place_stages({1: XL, 2: UPSCALER}, T4, COLAB, 4).together


def test_small_and_large_cards() -> None:
    eight = Capacity(8 * GIB, 8 * GIB)
    assert place_stages({1: M, 2: UPSCALER}, eight, COLAB, 16).together
    with pytest.raises(UserError, match=r"(?s)stage I takes 8\.0 GiB.*has 7\.6 GiB.*IF-I-M"):
        place_stages({1: XL, 2: UPSCALER}, Capacity(int(7.6 * GIB), 7 * GIB), COLAB, 16)
    eighty = Capacity(80 * GIB, 79 * GIB)
    placing = place_stages({1: XL, 2: UPSCALER}, eighty, COLAB, 64)
    assert placing.together
    assert placing.batches == {1: 64, 2: 64}


def test_where_prompts_are_encoded() -> None:
    t5 = {torch.float16: Footprint(int(10.7 * GIB)), torch.bfloat16: Footprint(int(8.9 * GIB))}
    half, bf16 = torch.float16, torch.bfloat16
    assert place_encoder(t5, "cuda", half, T4, COLAB) == ("cuda", half)
    eight = Capacity(8 * GIB, 8 * GIB)
    assert place_encoder(t5, "cuda", half, eight, COLAB) == ("cpu", bf16)
    with pytest.raises(UserError, match=r"(?s)takes 8\.9 GiB.*prompts --encode.*`embeddings:`"):
        place_encoder(t5, "cuda", half, eight, Capacity(8 * GIB, 8 * GIB))
    single = {torch.float32: Footprint(18 * GIB), bf16: Footprint(9 * GIB)}
    laptop = Capacity(16 * GIB, 2 * GIB)
    assert place_encoder(single, "cpu", torch.float32, laptop, None) == ("cpu", bf16)


@pytest.mark.parametrize(
    ("text", "size"),
    [("16GiB", 16 * GIB), ("12.5 gib", 25 * GIB // 2), ("8GB", 8 * 10**9), ("1000", 1000),
     ("", None), ("-1GiB", None), ("16 G", None), ("1e9", None), ("GiB", None)],
)  # fmt: skip
def test_sizes(text: str, size: int | None) -> None:
    assert parse_size(text) == size


def test_a_limit_that_is_no_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FWD_REPORT_DEVICE_MEMORY", "lots")
    with pytest.raises(UserError, match="FWD_REPORT_DEVICE_MEMORY is 'lots', which is no size"):
        limit("FWD_REPORT_DEVICE_MEMORY")

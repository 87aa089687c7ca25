"""What DeepFloyd IF takes: the tables of docs/guide/hardware.md, computed, on any machine.

The UNets are made of the published configurations on torch's `meta` device, without weights.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from accelerate import init_empty_weights
from diffusers import UNet2DConditionModel
from tests.helpers import deepfloyd
from transformers import T5Config, T5EncoderModel

from fwd_report.capacity import Capacity
from fwd_report.doctor.holdings import PROCESS
from fwd_report.errors import UserError
from fwd_report.models import weights
from fwd_report.models.footprint import Footprint, picture_memory
from fwd_report.models.placing import place_encoder, place_stages

GIB, MIB = 2**30, 2**20
HALF = torch.float16
STAGES = {"XL": deepfloyd.XL, "L": deepfloyd.L, "M": deepfloyd.M}
SCORER = 428_000_000 * 4
"""Bytes of CLIP ViT-L/14, which computes in float32."""
CARDS = (8, 16, 24, 80)
"""GiB."""
DRIVER = 1.2
"""GiB of a card that the driver and torch take."""
BESIDE = Capacity(int(12.7 * GIB), int(11.2 * GIB))
"""The machine's memory on a free Colab, and what of it a new process finds."""
BATCH = 64


def unet(name: str) -> Footprint:
    """Of a stage's UNet in float16."""
    config: dict[str, Any] = deepfloyd.unet_config(name, scaled=False)
    with init_empty_weights():
        network: Any = UNet2DConditionModel.from_config(config)
    held = sum(weight.numel() for weight in network.parameters()) * HALF.itemsize
    return Footprint(held, picture_memory(network, HALF))


def encoder(dtype: torch.dtype) -> Footprint:
    """Of the text encoder."""
    with init_empty_weights():
        network: Any = T5EncoderModel(T5Config(**deepfloyd.T5))
    held = {
        name: value.numel() * weights.encoder_dtype(name, dtype).itemsize
        for name, value in network.named_parameters()
    }
    held.pop("encoder.embed_tokens.weight", None)  # tied to shared.weight
    return Footprint(sum(held.values()))


def tables() -> list[str]:
    """The lines of both tables, as the page has them."""
    encoders = {dtype: encoder(dtype) for dtype in (HALF, torch.bfloat16)}
    half, bf16 = (encoders[dtype].weights for dtype in (HALF, torch.bfloat16))
    upscaler = unet(deepfloyd.II)
    stages = {short: unet(name) for short, name in STAGES.items()}
    first = [f"| T5-XXL text encoder | {gib(half)} GiB (bfloat16: {gib(bf16)}) | – |"]
    networks = {f"stage I, {short}": stage for short, stage in stages.items()}
    first += [row(name, each) for name, each in {**networks, "stage II, L": upscaler}.items()]
    second = []
    for short, stage in stages.items():
        download = stage.weights + upscaler.weights + SCORER
        sizes = f"{download / 1e9:.1f} GB, {(download + half) / 1e9:.1f} GB"
        for size in CARDS:
            on_it = on_card(size, {1: stage, 2: upscaler}, encoders)
            begins = f"| {short} | {sizes} |" if size == CARDS[0] else "| | |"
            second.append(f"{begins} {size} GiB | {on_it}")
    return first + second


def row(name: str, network: Footprint) -> str:
    """The line of a UNet in the first table."""
    return f"| {name} | {gib(network.weights)} GiB | {network.picture / MIB:.0f} MiB |"


def on_card(size: int, stages: dict[int, Footprint], encoders: dict[torch.dtype, Footprint]) -> str:
    """How a build goes on a card of so many GiB, as the last columns of the table."""
    total = int((size - DRIVER) * GIB)
    try:
        placing = place_stages(stages, Capacity(total, total - SCORER), BESIDE, BATCH)
        place, dtype = place_encoder(encoders, "cuda", HALF, Capacity(total, total), BESIDE)
    except UserError:
        return "does not fit | | | |"
    both = sum(each.weights for each in stages.values())
    peak = SCORER + max(
        (both if placing.together else each.weights) + placing.batches[n] * each.picture
        for n, each in stages.items()
    )
    if place == "cuda":
        peak = max(peak, encoders[dtype].weights)
    host = max(both if placing.parked else 0, encoders[dtype].weights if place == "cpu" else 0)
    how = "together" if placing.together else "in turns"
    prompts = "on the CPU" if place == "cpu" else "on the card"
    pictures = f"{placing.batches[1]}, {placing.batches[2]}"
    return f"{gib(peak)} GiB, {how} | {gib(PROCESS + host)} GiB | {pictures} | {prompts} |"


def gib(size: float) -> str:
    return f"{size / GIB:.1f}"


if __name__ == "__main__":
    print("\n".join(tables()))

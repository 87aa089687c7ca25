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
from fwd_report.errors import UserError
from fwd_report.models import weights
from fwd_report.models.footprint import Footprint, picture_size
from fwd_report.models.placing import place_encoder, place_stages

GIB, MIB = 2**30, 2**20
HALF = torch.float16
WIDTHS = {**deepfloyd.WIDTHS, "DeepFloyd/IF-I-L-v1.0": 320}
STAGES = {"XL": deepfloyd.XL, "L": "DeepFloyd/IF-I-L-v1.0", "M": deepfloyd.M}
CLIP = 428e6
"""Parameters of CLIP ViT-L/14, which computes in float32."""
CARDS = (8, 16, 24, 80)
BESIDE = Capacity(int(12.7 * GIB), int(11.2 * GIB))
"""The machine's memory on a free Colab, and what of it a new process finds."""
BATCH = 64


def unet(name: str) -> Footprint:
    """Of a stage's UNet in float16."""
    deepfloyd.WIDTHS[name] = WIDTHS[name]
    config: dict[str, Any] = deepfloyd.unet_config(name, scaled=False)
    with init_empty_weights():
        network: Any = UNet2DConditionModel.from_config(config)
    held = sum(weight.numel() for weight in network.parameters()) * HALF.itemsize
    return Footprint(held, picture_size(network, HALF))


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


def main() -> None:
    upscaler = unet(deepfloyd.II)
    encoders = {dtype: encoder(dtype) for dtype in (HALF, torch.bfloat16)}
    scorer = int(CLIP * 4)
    half, bf16 = (encoders[dtype].weights for dtype in (HALF, torch.bfloat16))
    print(f"T5: {half / GIB:.2f} GiB in float16, {bf16 / GIB:.2f} in bfloat16")
    print(f"II-L: {upscaler.weights / GIB:.2f} GiB, {upscaler.picture / MIB:.0f} MiB a picture")
    for short, name in STAGES.items():
        stage = unet(name)
        print(f"I-{short}: {stage.weights / GIB:.2f} GiB, {stage.picture / MIB:.0f} MiB a picture")
        download = stage.weights + upscaler.weights + scorer
        with_text = (download + half) / 1e9
        print(f"  download {download / 1e9:.1f} GB, with the text encoder {with_text:.1f} GB")
        for size in CARDS:
            print(f"  {size} GiB: {on_card(size, {1: stage, 2: upscaler}, encoders, scorer)}")


def on_card(
    size: int, stages: dict[int, Footprint], encoders: dict[torch.dtype, Footprint], scorer: int
) -> str:
    """How a build goes on a card, of whose memory driver and torch take 1.2 GiB."""
    total = int((size - 1.2) * GIB)
    try:
        placing = place_stages(stages, Capacity(total, total - scorer), BESIDE, BATCH)
        place, dtype = place_encoder(encoders, "cuda", HALF, Capacity(total, total), BESIDE)
    except UserError as error:
        return error.problems[0].message
    both = sum(each.weights for each in stages.values())
    peak = scorer + max(
        (both if placing.together else each.weights) + placing.batches[n] * each.picture
        for n, each in stages.items()
    )
    if place == "cuda":
        peak = max(peak, encoders[dtype].weights)
    host = max(both if placing.parked else 0, encoders[dtype].weights if place == "cpu" else 0)
    how = "together" if placing.together else "in turns"
    how += ", parked" if placing.parked else ""
    return (
        f"{how}; pictures {placing.batches[1]} and {placing.batches[2]}; device {peak / GIB:.1f}, "
        f"host 1.5 + {host / GIB:.1f} GiB; prompts on {place} in {dtype}"
    )


if __name__ == "__main__":
    main()

"""A random text-to-image cascade of a few thousand parameters, in DeepFloyd IF's layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast, T5Config, T5EncoderModel

WORDS = "a an of the oil painting photo lithograph skull waterfalls dog man campfire high quality"
SMALL, LARGE = 16, 32
"""Pixels a side of stage I and II."""


def save_tiny_if(folder: Path) -> Path:
    """Write `stage_1` and `stage_2` under `folder`; the same weights every time."""
    torch.manual_seed(0)
    encoder = T5EncoderModel(
        T5Config(
            vocab_size=40, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2,
            feed_forward_proj="gated-gelu",
        )
    )  # fmt: skip
    encoder.save_pretrained(folder / "stage_1" / "text_encoder")
    tiny_tokenizer().save_pretrained(folder / "stage_1" / "tokenizer")
    _unet(SMALL, 3).save_pretrained(folder / "stage_1" / "unet")
    _unet(LARGE, 6, class_embed_type="timestep").save_pretrained(folder / "stage_2" / "unet")
    cosine = {"beta_schedule": "squaredcos_cap_v2"}
    for stage in ("stage_1", "stage_2"):
        DDPMScheduler(variance_type="learned_range", **cosine).save_pretrained(
            folder / stage / "scheduler"
        )
    DDPMScheduler(**cosine).save_pretrained(folder / "stage_2" / "image_noising_scheduler")
    _save_index(folder / "stage_1", "IFPipeline")
    _save_index(folder / "stage_2", "IFSuperResolutionPipeline")
    return folder


def _unet(size: int, in_channels: int, **options: Any) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=size,
        in_channels=in_channels,
        out_channels=6,
        block_out_channels=(8, 16),
        layers_per_block=1,
        down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
        up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        norm_num_groups=4,
        attention_head_dim=4,
        cross_attention_dim=16,
        encoder_hid_dim=16,
        addition_embed_type="text",
        addition_embed_type_num_heads=2,
        resnet_time_scale_shift="scale_shift",
        act_fn="gelu",
        **options,
    )


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    pieces = ["<pad>", "</s>", "<unk>", *WORDS.split()]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )


def _save_index(folder: Path, pipeline: str) -> None:
    index: dict[str, Any] = {
        "_class_name": pipeline,
        "unet": ["diffusers", "UNet2DConditionModel"],
        "scheduler": ["diffusers", "DDPMScheduler"],
        "safety_checker": [None, None],
        "feature_extractor": [None, None],
        "watermarker": [None, None],
        "requires_safety_checker": False,
    }
    own_text = {
        "text_encoder": ["transformers", "T5EncoderModel"],
        "tokenizer": ["transformers", "PreTrainedTokenizerFast"],
    }
    if pipeline == "IFPipeline":
        index |= own_text
    else:
        index |= {name: [None, None] for name in own_text}
        index["image_noising_scheduler"] = ["diffusers", "DDPMScheduler"]
    (folder / "model_index.json").write_text(json.dumps(index, indent=2))

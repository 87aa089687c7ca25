"""DeepFloyd IF and CLIP as the hub has them: names, shards, configurations; their weights tiny.

The names and configurations are facts: of diffusers' conversion script (scripts/convert_if.py), of
what loading them prints, of the sizes that are published. What is smaller here is in SCALED, and
the weights are random. What no build should ask for is there by name, and holds no weights.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sentencepiece
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save
from tests.helpers.hub_files import Files, half_precision, json_bytes, sentencepiece_model, sharded
from transformers import (
    CLIPConfig,
    CLIPModel,
    CLIPTextConfig,
    CLIPVisionConfig,
    T5Config,
    T5EncoderModel,
)

XL, L, M = (f"DeepFloyd/IF-I-{size}-v1.0" for size in ("XL", "L", "M"))
II = "DeepFloyd/IF-II-L-v1.0"


CLIP = "openai/clip-vit-large-patch14"


WIDTHS = {M: 192, L: 320, XL: 704, II: 160}
"""Channels of each UNet's first block."""


UNET: dict[str, Any] = {
    "_class_name": "UNet2DConditionModel",
    "_diffusers_version": "0.16.0.dev0",
    "act_fn": "gelu",
    "addition_embed_type": "text",
    "addition_embed_type_num_heads": 64,
    "attention_head_dim": 64,
    "center_input_sample": False,
    "class_embeddings_concat": False,
    "cross_attention_norm": "group_norm",
    "downsample_padding": 1,
    "dual_cross_attention": False,
    "encoder_hid_dim": 4096,
    "flip_sin_to_cos": True,
    "freq_shift": 0,
    "mid_block_type": "UNetMidBlock2DSimpleCrossAttn",
    "norm_eps": 1e-05,
    "norm_num_groups": 32,
    "out_channels": 6,
    "resnet_time_scale_shift": "scale_shift",
    "upcast_attention": False,
    "use_linear_projection": False,
}


DOWN = ["ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"]


UP = ["SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"]


STAGE_1: dict[str, Any] = {
    "down_block_types": [DOWN[0], *DOWN[1:] * 3],
    "in_channels": 3,
    "layers_per_block": 3,
    "sample_size": 64,
    "up_block_types": [*UP[:1] * 3, UP[1]],
}


STAGE_2: dict[str, Any] = {
    "class_embed_type": "timestep",
    "down_block_types": [*DOWN[:1] * 3, *DOWN[1:] * 2],
    "in_channels": 6,
    "layers_per_block": [2, 2, 3, 5, 5],
    "mid_block_scale_factor": 1.4142271248762554,
    "only_cross_attention": True,
    "resnet_out_scale_factor": 1.4142271248762554,
    "resnet_skip_time_act": True,
    "sample_size": 256,
    "time_embedding_act_fn": "gelu",
    "up_block_types": [*UP[:1] * 2, *UP[1:] * 3],
}


MULTIPLES = {1: (1, 2, 3, 4), 2: (1, 2, 4, 6, 8)}


T5: dict[str, Any] = {
    "architectures": ["T5EncoderModel"],
    "d_ff": 10240,
    "d_kv": 64,
    "d_model": 4096,
    "decoder_start_token_id": 0,
    "dropout_rate": 0.1,
    "eos_token_id": 1,
    "feed_forward_proj": "gated-gelu",
    "layer_norm_epsilon": 1e-06,
    "model_type": "t5",
    "num_heads": 64,
    "num_layers": 24,
    "pad_token_id": 0,
    "relative_attention_max_distance": 128,
    "relative_attention_num_buckets": 32,
    "tie_word_embeddings": False,
    "torch_dtype": "float16",
    "vocab_size": 32128,
}


SCHEDULE: dict[str, Any] = {
    "_class_name": "DDPMScheduler",
    "_diffusers_version": "0.16.0.dev0",
    "beta_end": 0.02,
    "beta_schedule": "squaredcos_cap_v2",
    "beta_start": 0.0001,
    "clip_sample": True,
    "clip_sample_range": 1.0,
    "dynamic_thresholding_ratio": 0.95,
    "lambda_min_clipped": -5.1,
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
    "sample_max_value": 1.5,
    "thresholding": True,
    "trained_betas": None,
    "variance_type": "learned_range",
}


NOISING = {
    **SCHEDULE,
    "thresholding": False,
    "sample_max_value": 1.0,
    "variance_type": "fixed_small",
}


EXTRA = [f"<extra_id_{number}>" for number in range(100)]


TOKENS: dict[str, Any] = {
    "additional_special_tokens": EXTRA,
    "eos_token": "</s>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
}


TOKENIZER = {
    **TOKENS,
    "clean_up_tokenization_spaces": True,
    "extra_ids": 100,
    "model_max_length": 512,
    "sp_model_kwargs": {},
    "tokenizer_class": "T5Tokenizer",
}


SCALED = {
    "addition_embed_type_num_heads": 4,
    "attention_head_dim": 8,
    "encoder_hid_dim": 32,
    "norm_num_groups": 8,
    "d_model": 32,
    "d_ff": 64,
    "d_kv": 8,
    "num_heads": 4,
    "num_layers": 2,
}
"""Numbers of the miniature that are smaller; UNets begin at 8 channels and draw half the size."""


UNREAD = [
    ".gitattributes",
    "LICENSE.md",
    "README.md",
    "config.yml",
    "model_index.json",
    "pytorch_model.bin",
    "feature_extractor/preprocessor_config.json",
    "safety_checker/config.json",
    "safety_checker/model.fp16.safetensors",
    "safety_checker/model.safetensors",
    "safety_checker/pytorch_model.bin",
    "safety_checker/pytorch_model.fp16.bin",
    "text_encoder/model-00001-of-00002.safetensors",
    "text_encoder/model-00002-of-00002.safetensors",
    "text_encoder/model.safetensors.index.json",
    "text_encoder/pytorch_model-00001-of-00002.bin",
    "text_encoder/pytorch_model-00002-of-00002.bin",
    "text_encoder/pytorch_model.bin.index.fp16.json",
    "text_encoder/pytorch_model.bin.index.json",
    "text_encoder/pytorch_model.fp16-00001-of-00002.bin",
    "text_encoder/pytorch_model.fp16-00002-of-00002.bin",
    "unet/diffusion_pytorch_model.bin",
    "unet/diffusion_pytorch_model.fp16.bin",
    "unet/diffusion_pytorch_model.safetensors",
    "watermarker/config.json",
    "watermarker/diffusion_pytorch_model.bin",
    "watermarker/diffusion_pytorch_model.safetensors",
]
"""What IF's repositories have beside what is read; the watermarker has no half precision."""


UNREAD_OF_CLIP = [
    ".gitattributes",
    "README.md",
    "flax_model.msgpack",
    "pytorch_model.bin",
    "tf_model.h5",
]


def unet_config(name: str, scaled: bool) -> dict[str, Any]:
    """The configuration of a UNet, as published or as of the miniature."""
    stage = 2 if name == II else 1
    config = {**UNET, **(STAGE_2 if stage == 2 else STAGE_1)}
    width = 8 if scaled else WIDTHS[name]
    if scaled:
        config |= {key: SCALED[key] for key in SCALED if key in config}
        config["sample_size"] //= 2
    config["block_out_channels"] = [width * multiple for multiple in MULTIPLES[stage]]
    config["cross_attention_dim"] = width * MULTIPLES[stage][-1]
    if stage == 2:
        config["time_embedding_dim"] = width * MULTIPLES[stage][-1]
    return config


def miniature(name: str, prompts: Iterable[str]) -> Files:
    """The files of a repository of DeepFloyd's; its tokenizer knows the words of the prompts."""
    torch.manual_seed(sum(name.encode()))
    spiece = sentencepiece_model(prompts)
    words = sentencepiece.SentencePieceProcessor(model_proto=spiece).vocab_size() + len(EXTRA)
    t5 = {**T5, **{key: SCALED[key] for key in SCALED if key in T5}, "vocab_size": words}
    unet = unet_config(name, scaled=True)
    files = dict.fromkeys(UNREAD, b"never read")
    files |= {
        "scheduler/scheduler_config.json": json_bytes(
            SCHEDULE if name != II else {**SCHEDULE, "sample_max_value": 1.0}
        ),
        "tokenizer/special_tokens_map.json": json_bytes(TOKENS),
        "tokenizer/spiece.model": spiece,
        "tokenizer/tokenizer_config.json": json_bytes(TOKENIZER),
        "text_encoder/config.json": json_bytes(t5),
        "unet/config.json": json_bytes(unet),
        "unet/diffusion_pytorch_model.fp16.safetensors": save(
            half_precision(UNet2DConditionModel.from_config(unet))
        ),
    }
    if name == II:
        files["image_noising_scheduler/scheduler_config.json"] = json_bytes(NOISING)
    return files | sharded(half_precision(T5EncoderModel(T5Config.from_dict(t5)), whole=".wo."))


def miniature_clip() -> Files:
    """The files of CLIP's repository."""
    torch.manual_seed(0)
    layers = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2}
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    ends = ["<|startoftext|>", "<|endoftext|>"]
    pieces = [*ends, *letters, *(f"{letter}</w>" for letter in letters)]
    text = CLIPTextConfig(vocab_size=600, num_hidden_layers=1, eos_token_id=1, **layers)
    vision = CLIPVisionConfig(image_size=32, patch_size=8, num_hidden_layers=1, **layers)
    config = CLIPConfig(
        text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=8
    )
    known = {"bos_token": ends[0], "eos_token": ends[1], "pad_token": ends[1], "unk_token": ends[1]}
    side = {"height": 32, "width": 32}
    return dict.fromkeys(UNREAD_OF_CLIP, b"never read") | {
        "config.json": json_bytes({**config.to_dict(), "architectures": ["CLIPModel"]}),
        "merges.txt": b"#version: 0.2\n",
        "model.safetensors": save(dict(CLIPModel(config).state_dict())),
        "preprocessor_config.json": json_bytes(
            {
                "crop_size": side,
                "do_center_crop": True,
                "do_normalize": True,
                "do_resize": True,
                "image_mean": [0.48145466, 0.4578275, 0.40821073],
                "image_processor_type": "CLIPImageProcessor",
                "image_std": [0.26862954, 0.26130258, 0.27577711],
                "resample": 3,
                "size": {"shortest_edge": 32},
            }
        ),
        "special_tokens_map.json": json_bytes(known),
        "tokenizer_config.json": json_bytes(
            {**known, "model_max_length": 77, "tokenizer_class": "CLIPTokenizer"}
        ),
        "vocab.json": json_bytes({piece: number for number, piece in enumerate(pieces)}),
    }

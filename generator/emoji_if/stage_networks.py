"""The networks: two patched UNets and a small T5 encoder with its tokenizer."""

from __future__ import annotations

from collections.abc import Iterable

from diffusers import DDPMScheduler
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast, T5Config, T5EncoderModel

from fwd_report.models.folder_layout import TOKENS
from fwd_report.models.patched_unet import PatchedUNet2DConditionModel

TEXT_WIDTH = 256
HEAD = 32
LAYOUT = {"channels": 8, "side": 16, "hidden": 192}
GALLERY = {"kept": 4, "usual": 18, "side": 32, "channels": 96}


def stage_1(names: int, width: int = 128) -> PatchedUNet2DConditionModel:
    """64 px from text: patches of 4, so 16 and 8 px inside; attention at 8 px.

    names: how many things the gallery has drawings of. width: the first level's channels, a
    multiple of 16; the second has about half as many again. A patch is 48 numbers, of which fewer
    channels than twice that would lose what is to be kept.
    """
    heads = max(1, round(1.5 * width / HEAD))
    unet: PatchedUNet2DConditionModel = PatchedUNet2DConditionModel(
        sample_size=64,
        patch_size=4,
        position_channels=32,
        layout=LAYOUT,
        gallery={"names": names, **GALLERY},
        encoder_hid_dim=TEXT_WIDTH,
        inner={
            "block_out_channels": (width, HEAD * heads),
            "time_embedding_dim": 2 * width,
            "layers_per_block": 2,
            "down_block_types": ("DownBlock2D", "SimpleCrossAttnDownBlock2D"),
            "up_block_types": ("SimpleCrossAttnUpBlock2D", "UpBlock2D"),
            "mid_block_type": "UNetMidBlock2DSimpleCrossAttn",
            "cross_attention_dim": TEXT_WIDTH,
            "attention_head_dim": HEAD,
            "addition_embed_type_num_heads": 8,
            "resnet_time_scale_shift": "scale_shift",
            "norm_num_groups": 16,
        },
    )
    return unet


def stage_2(width: int = 32) -> PatchedUNet2DConditionModel:
    """64 to 256 px: convolutions only, so that crops teach it whole pictures; patches of 4."""
    unet: PatchedUNet2DConditionModel = PatchedUNet2DConditionModel(
        sample_size=256,
        in_channels=6,
        patch_size=4,
        feature_channels=8,
        head_channels=24,
        encoder_hid_dim=TEXT_WIDTH,
        class_embed_type="timestep",
        inner={
            "block_out_channels": (width, width + width // 2, 2 * width),
            "layers_per_block": 1,
            "down_block_types": ("DownBlock2D",) * 3,
            "up_block_types": ("UpBlock2D",) * 3,
            "mid_block_type": None,
            "cross_attention_dim": TEXT_WIDTH,
            "addition_embed_type_num_heads": 8,
            "resnet_time_scale_shift": "scale_shift",
            "norm_num_groups": 8,
        },
    )
    return unet


def scheduler() -> DDPMScheduler:
    """The process of both stages: DeepFloyd IF's, without thresholding."""
    return DDPMScheduler(
        num_train_timesteps=1000,
        beta_schedule="squaredcos_cap_v2",
        variance_type="learned_range",
        prediction_type="epsilon",
        clip_sample=False,
        thresholding=False,
    )


def text_encoder(tokenizer: PreTrainedTokenizerFast) -> T5EncoderModel:
    """Three layers of T5, wide enough for a phrase."""
    return T5EncoderModel(
        T5Config(
            vocab_size=len(tokenizer),
            d_model=TEXT_WIDTH,
            d_kv=64,
            d_ff=2 * TEXT_WIDTH,
            num_layers=3,
            num_heads=4,
            dropout_rate=0.0,
            feed_forward_proj="gated-gelu",
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            decoder_start_token_id=tokenizer.pad_token_id,
        )
    )


def train_tokenizer(texts: Iterable[str], size: int = 2048) -> PreTrainedTokenizerFast:
    """A lower-casing unigram tokenizer; `</s>` ends a caption, as T5's does."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator(
        texts,
        trainers.UnigramTrainer(
            vocab_size=size,
            special_tokens=special,
            unk_token="<unk>",
            initial_alphabet=list("abcdefghijklmnopqrstuvwxyz0123456789'-.,"),
            show_progress=False,
        ),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=TOKENS,
    )

"""Captions to embeddings, exactly as `IFPipeline.encode_prompt` makes them."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from transformers import PreTrainedTokenizerFast, T5EncoderModel

from emoji_if.networks import TOKENS


def embed(
    tokenizer: PreTrainedTokenizerFast, encoder: T5EncoderModel, captions: Sequence[str]
) -> Tensor:
    """(B, 77, d_model): lower-cased, stripped, padded; the mask goes to the encoder alone."""
    tokens = tokenizer(
        [caption.lower().strip() for caption in captions],
        padding="max_length",
        max_length=TOKENS,
        truncation=True,
        add_special_tokens=True,
        return_tensors="pt",
    ).to(encoder.device)
    return encoder(tokens.input_ids, attention_mask=tokens.attention_mask)[0]

"""Files as a model's repository has them: weights in half precision, in shards, tokenizers."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

import sentencepiece
from safetensors.torch import save
from torch import Tensor, nn

Files = dict[str, bytes]
"""The bytes of each file of a repository, by its name there."""


def half_precision(network: nn.Module, whole: str = "\0") -> dict[str, Tensor]:
    """A network's tensors in half precision, but those whose names have `whole` in them."""
    tied = {"encoder.embed_tokens.weight"}
    return {
        name: (tensor if whole in name else tensor.half()).contiguous()
        for name, tensor in network.state_dict().items()
        if name not in tied
    }


def sharded(tensors: Mapping[str, Tensor]) -> Files:
    """The text encoder's two files and their index, named as transformers names them."""
    names = sorted(tensors)
    index: dict[str, str] = {}
    files = {}
    for number, part in enumerate((names[: len(names) // 2], names[len(names) // 2 :]), 1):
        file = f"model.fp16-{number:05d}-of-00002.safetensors"
        files[f"text_encoder/{file}"] = save({name: tensors[name] for name in part})
        index |= dict.fromkeys(part, file)
    size = sum(tensor.nbytes for tensor in tensors.values())
    whole = {"metadata": {"total_size": size}, "weight_map": index}
    return files | {"text_encoder/model.safetensors.index.fp16.json": json_bytes(whole)}


def sentencepiece_model(prompts: Iterable[str]) -> bytes:
    """A SentencePiece model with T5's special tokens."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sorted({prompt.lower() for prompt in prompts if prompt})),
        model_writer=model,
        vocab_size=200,
        hard_vocab_limit=False,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
    )
    return model.getvalue()


def json_bytes(value: Any) -> bytes:
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode()

"""The safetensors format, read from memory: what was hashed is what is decoded, not read again.

The library's own reader takes a path, or copies every tensor out of the bytes it is given, and
DeepFloyd's shards are 10 GB. Format: https://huggingface.co/docs/safetensors
"""

from __future__ import annotations

import json
from math import prod

import torch
from torch import Tensor

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


def tensors_in(content: Tensor) -> dict[str, Tensor]:
    """The tensors in a file's bytes, (N,) uint8, by name; they are views of it.

    Raises ValueError, with the reason, where the bytes are not a whole safetensors file.
    """
    if len(content) < 8:
        raise ValueError("it is cut short")
    start = 8 + int.from_bytes(bytes(content[:8].numpy()), "little")
    if start > len(content):
        raise ValueError("its header is cut short")
    header = json.loads(bytes(content[8:start].numpy()))
    if not isinstance(header, dict):
        raise ValueError("its header is no JSON object")
    header.pop("__metadata__", None)
    try:
        found = {name: _tensor(content[start:], **entry) for name, entry in header.items()}
    except (TypeError, KeyError, RuntimeError, OverflowError) as error:
        raise ValueError("its header is no list of tensors") from error
    end = max((entry["data_offsets"][1] for entry in header.values()), default=0)
    if start + end != len(content):
        raise ValueError(f"it holds {len(content) - start} bytes of tensors, not {end}")
    return found


def _tensor(data: Tensor, dtype: str, shape: list[int], data_offsets: list[int]) -> Tensor:
    begin, end = data_offsets
    kind = DTYPES[dtype]
    if not 0 <= begin <= end <= len(data) or end - begin != prod(shape) * kind.itemsize:
        raise ValueError("it is cut short")
    if begin == end:
        return torch.empty(shape, dtype=kind)
    part = data[begin:end]
    aligned = part.storage_offset() % kind.itemsize == 0
    return (part if aligned else part.clone()).view(kind).view(shape)

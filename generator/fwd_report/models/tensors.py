"""The safetensors format, read a tensor at a time: the decoded bytes are the hashed ones.

The library's own reader takes a path, or needs all bytes of a file in memory, and DeepFloyd's files
have 10 GB. Format: https://huggingface.co/docs/safetensors
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

import torch

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
LENGTH = 8
"""Bytes at the start of a file that give the length of its header."""
LONGEST_HEADER = 100_000_000
"""Bytes; the library's own limit."""


class Reads(Protocol):
    """A file that a header is read from."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Described:
    """A tensor as a file's header describes it. size: its bytes, which follow those of the one
    before.
    """

    name: str
    dtype: torch.dtype
    shape: tuple[int, ...]
    size: int


def header_length(start: bytes, file_size: int) -> int:
    """The length of the header after a file's first 8 bytes. Raises ValueError if it is cut
    short.
    """
    if len(start) < LENGTH:
        raise ValueError("it is cut short")
    length = int.from_bytes(start, "little")
    if length > min(file_size - LENGTH, LONGEST_HEADER):
        raise ValueError("its header is cut short")
    return length


def described(header: bytes, data_size: int) -> list[Described]:
    """The tensors of a file, in the order of their bytes.

    data_size: of the bytes after the header. Raises ValueError, with the reason, if this is no
    complete safetensors file.
    """
    try:
        says = json.loads(header)
    except RecursionError as error:
        raise ValueError("its header is no list of tensors") from error
    if not isinstance(says, dict):
        raise ValueError("its header is no JSON object")
    says.pop("__metadata__", None)
    try:
        found = sorted((_described(name, **entry) for name, entry in says.items()), key=_place)
    except (TypeError, KeyError, OverflowError) as error:
        raise ValueError("its header is no list of tensors") from error
    end = 0
    for (begin, stop), tensor in found:
        if begin != end or stop - begin != tensor.size:
            raise ValueError("it is cut short, or its tensors are not one after the other")
        end = stop
    if end != data_size:
        raise ValueError(f"it holds {data_size} bytes of tensors, not {end}")
    return [tensor for _, tensor in found]


def header_of(file: Reads, file_size: int) -> list[Described]:
    """What an open file's header describes; the file is then positioned at the first tensor."""
    length = header_length(file.read(LENGTH), file_size)
    return described(file.read(length), file_size - LENGTH - length)


def _described(
    name: str, dtype: str, shape: list[int], data_offsets: list[int]
) -> tuple[tuple[int, int], Described]:
    begin, end = data_offsets
    kind = DTYPES[dtype]
    whole = all(isinstance(number, int) and number >= 0 for number in (*shape, begin, end))
    if not whole:
        raise TypeError("a size is no whole number")
    return (begin, end), Described(name, kind, tuple(shape), prod(shape) * kind.itemsize)


def _place(found: tuple[tuple[int, int], Any]) -> tuple[int, int]:
    return found[0]

"""The results of referenced runs, as a run reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from fwd_report.store.entry import Entry


def tensors_of(entry: Entry, file: str = "tensors.safetensors") -> dict[str, Tensor]:
    """The tensors of a stored file, by name: the exact pictures, or a network's weights.

    Pictures are (C, H, W) float32 in their model's range. Raises DamagedEntryError if the file was
    altered, FileNotFoundError if there is none.
    """
    from safetensors.torch import load

    return load(entry.content(file))

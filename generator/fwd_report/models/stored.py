"""The results of the runs that a run needs, as it reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from fwd_report.store.entry import Entry


def tensors_of(entry: Entry, file: str = "tensors.safetensors") -> dict[str, Tensor]:
    """What a stored file of tensors holds, by name: the exact pictures, or a network's weights.

    Pictures are (C, H, W) float32 in their model's range. Raises DamagedEntryError where the
    file is not as stored, FileNotFoundError where there is none.
    """
    from safetensors.torch import load

    return load(entry.content(file))

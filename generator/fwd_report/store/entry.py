"""One stored result, as figures and prose see it; reading it needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class Entry:
    """The result of one run, with what made it.

    params: the technique's fields, resolved. axes: the swept values of this run, in order, with
    the sample number under "sample" where an experiment has several. alt: a sentence from the
    spec for screen readers. folder: where the files lie: `image.png` and others by name,
    `frames-NAME.npy` ((N, H, W, C) uint8), `tensors.safetensors` (float32, the model's range).
    needs: the entries of the referenced runs, by field name. label: how the page names the
    experiment it belongs to.
    """

    section: str
    experiment: str
    technique: str
    index: int
    seed: int
    key: str
    params: Mapping[str, Any]
    axes: Mapping[str, Any]
    alt: str
    folder: Path
    metrics: Mapping[str, float]
    series: Mapping[str, list[float]]
    provenance: Mapping[str, Any]
    needs: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    inputs: Mapping[str, Path] = field(default_factory=dict)
    label: str = ""

    def picture(self, name: str = "image") -> Path:
        """The PNG of that name."""
        return self.folder / f"{name}.png"

    def tensors(self) -> dict[str, Tensor]:
        """The pictures by name, exact: (C, H, W) float32 in the model's range."""
        from safetensors.torch import load_file

        return load_file(self.folder / "tensors.safetensors")

    def frames(self, name: str = "trajectory") -> Path:
        """The `.npy` of that sequence of frames, (N, H, W, C) uint8."""
        return self.folder / f"frames-{name}.npy"

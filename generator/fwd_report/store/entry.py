"""A stored result, as figures and prose see it; reading it needs no torch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fwd_report.store.store import DamagedEntryError


@dataclass(frozen=True, eq=False)
class Entry:
    """The result of one run, with its provenance.

    params: the technique's fields, resolved. axes: the swept values of this run, in order, with the
    sample number under "sample" if an experiment has several, or the seed under "seed" if it was
    chosen. alt: a sentence from the spec for screen readers. folder: where the files lie:
    `image.png` and others by name, `frames-NAME.npy` ((N, H, W, C) uint8), `tensors.safetensors`
    (float32, in the model's range). needs: the entries of the referenced runs, by field name.
    label: the experiment's name on the page.
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
    files: Mapping[str, Mapping[str, Any]] | None = None
    """The digest of each file, as stored; None: files are not compared."""

    def picture(self, name: str = "image") -> Path:
        """The PNG of that name."""
        return self.folder / f"{name}.png"

    def content(self, file: str) -> bytes:
        """A file's bytes, read once and compared with what was stored.

        Raises DamagedEntryError if they differ.
        """
        path = self.folder / file
        content = path.read_bytes()
        recorded = None if self.files is None else self.files.get(file, {})
        if recorded is not None and recorded.get("sha256") != hashlib.sha256(content).hexdigest():
            raise DamagedEntryError(f"{path} is not the file that was stored")
        return content

    def frames(self, name: str = "trajectory") -> Path:
        """The `.npy` of that sequence of frames, (N, H, W, C) uint8."""
        return self.folder / f"frames-{name}.npy"

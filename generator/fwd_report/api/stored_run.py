"""One run of a report and its stored result."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fwd_report.api.exceptions import NotRunError, unknown
from fwd_report.api.rich import Rich
from fwd_report.api.snapshot import Snapshot, damaged
from fwd_report.plan.entries import drawn_as_stored
from fwd_report.plan.run import Run as PlannedRun
from fwd_report.plan.run import Status
from fwd_report.spec.project import ExperimentSpec, SectionSpec
from fwd_report.spec.suggest import did_you_mean
from fwd_report.store.store import DamagedEntryError

if TYPE_CHECKING:
    import numpy as np
    import torch
    from PIL import Image

    from fwd_report.api.models import LoadedModel
    from fwd_report.store.entry import Entry

IMAGE = "image"
"""The name of a run's main picture."""
TENSORS = "tensors.safetensors"


class Run(Rich):
    """One run: what it tries, and its result.

    `name`, `technique`, `params`, `axes`, `seed`, `key` and `status` are known before it runs. All
    else is read from the store on demand, verified against the digests it was stored with, and
    raises NotRunError if there is no result yet.
    """

    def __init__(
        self, snapshot: Snapshot, section: SectionSpec, spec: ExperimentSpec, run: PlannedRun
    ) -> None:
        self._snapshot = snapshot
        self._section = section
        self._spec = spec
        self._run = run

    @property
    def name(self) -> str:
        """`section.experiment[index]`, as messages name it."""
        return self._run.name

    @property
    def technique(self) -> str:
        """The technique's name in the spec."""
        return self._run.technique.name

    @property
    def params(self) -> dict[str, Any]:
        """The technique's fields, with defaults and the profile's values filled in."""
        return self._run.technique.model_dump(mode="json")

    @property
    def axes(self) -> dict[str, Any]:
        """The swept values that tell this run from the others of its experiment, in order."""
        return dict(self._run.axes)

    @property
    def seed(self) -> int:
        """The seed of its noise. Under `best_of` the chosen candidate's; until it has run, the
        first one's.
        """
        return self._drawn.seed

    @property
    def key(self) -> str:
        """SHA-256 of everything that determines the result: 64 hexadecimal digits."""
        return self._run.key

    @property
    def status(self) -> Status:
        """fresh: its result is stored; stale: only a result of an earlier key is; missing: none
        is.
        """
        if self._snapshot.store.has(self.key):
            return "fresh"
        return "missing" if self._run.status == "fresh" else self._run.status

    @property
    def why(self) -> tuple[str, ...]:
        """Why it has to run: what changed, one line each; empty if it is fresh."""
        return () if self.status == "fresh" else self._run.why

    @property
    def image(self) -> Image.Image:
        """The main picture, 8 bits a channel, "RGB" or "L"."""
        return self.images[IMAGE]

    @property
    def images(self) -> Mapping[str, Image.Image]:
        """Every picture by name, the main one as "image"; each is read on demand."""
        names = [name.removesuffix(".png") for name in self._files if name.endswith(".png")]
        return _Read("picture", self.name, names, self._picture)

    @property
    def tensor(self) -> torch.Tensor:
        """The main picture as computed: float32, (C, H, W), in `value_range`, not clipped."""
        return self.tensors[IMAGE]

    @property
    def tensors(self) -> Mapping[str, torch.Tensor]:
        """Every picture by name, as computed: float32, (C, H, W), in `value_range`."""
        from safetensors.torch import load

        found = load(self._content(TENSORS)) if TENSORS in self._files else {}
        return _Read("tensor", self.name, found, found.__getitem__)

    @property
    def value_range(self) -> tuple[float, float]:
        """The values of black and white in its tensors: (-1, 1) for the report's text-to-image
        model; (0, 1) for networks trained in the report and for runs without a model.
        """
        return (0.0, 1.0) if self._drawn.model is None else (-1.0, 1.0)

    @property
    def frames(self) -> Mapping[str, np.ndarray]:
        """Sequences by name, such as "trajectory": (N, H, W, C) uint8, the noisiest frame first."""
        names = [
            name.removeprefix("frames-").removesuffix(".npy")
            for name in self._files
            if name.startswith("frames-")
        ]
        return _Read("sequence of frames", self.name, names, self._frames)

    @property
    def metrics(self) -> Mapping[str, float]:
        """The run's numbers by name, such as "psnr" in dB."""
        metrics = self._entry.metrics
        return _Read("metric", self.name, metrics, metrics.__getitem__)

    @property
    def series(self) -> Mapping[str, list[float]]:
        """The run's lists of numbers by name, such as "loss"."""
        series = self._entry.series
        return _Read("series", self.name, series, lambda name: list(series[name]))

    @property
    def provenance(self) -> dict[str, Any]:
        """How it was made: model, device, dtype, versions, git commit, seconds, network steps."""
        return dict(self._entry.provenance)

    def model(self, epoch: int | None = None) -> LoadedModel:
        """Of a training: the network after `epoch` (None: after the last), to query by hand.

        Its images are (1, 28, 28) in [0, 1]; its conditions are class labels, or None. Raises
        FileNotFoundError for an epoch that it does not have, ValueError for a run that is not a
        training.
        """
        from fwd_report.api.models import trained_model

        if not self._run.technique.epochs_kept():
            raise ValueError(f"{self.name} trains no network: its technique is {self.technique}")
        with self._snapshot.plan.project.plugins.used():
            return trained_model(self._entry, epoch)

    @property
    def _drawn(self) -> PlannedRun:
        return drawn_as_stored(self._snapshot.store, self._run)

    @property
    def _entry(self) -> Entry:
        return self._snapshot.entry(self._run)

    @cached_property
    def _files(self) -> tuple[str, ...]:
        return tuple(self._entry.files or ())

    def _content(self, file: str) -> bytes:
        """A stored file's bytes, verified."""
        try:
            return self._entry.content(file)
        except (DamagedEntryError, FileNotFoundError) as error:
            self._snapshot.set_aside(self._run)
            raise NotRunError(damaged(self._run, error)) from error

    def _picture(self, name: str) -> Image.Image:
        from PIL import Image

        image: Image.Image = Image.open(io.BytesIO(self._content(f"{name}.png")))
        image.load()
        return image

    def _frames(self, name: str) -> np.ndarray:
        import numpy as np

        content = io.BytesIO(self._content(f"frames-{name}.npy"))
        frames: np.ndarray = np.load(content, allow_pickle=False)
        return frames

    def __eq__(self, other: object) -> bool:
        """Whether both are the same run with the same key."""
        return isinstance(other, Run) and (self.name, self.key) == (other.name, other.key)

    def __hash__(self) -> int:
        return hash((self.name, self.key))

    def __repr__(self) -> str:
        return f"<Run {self.name}: {self._run.alt}, {self.status}>"

    def _html(self) -> str:
        figure = self._snapshot.figure(self._section, self._spec, [self._run])
        return self._snapshot.embedded([figure])


class _Read(Mapping[str, Any]):
    """Parts of a result by name; an unknown name raises an error that lists the known ones."""

    def __init__(self, kind: str, run: str, names: Any, read: Any) -> None:
        self._kind = kind
        self._run = run
        self._names = sorted(names)
        self._read = read

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            message = f"{self._run} has no {self._kind} {name!r}"
            raise unknown(message, did_you_mean(str(name), self._names) or "it has none")
        return self._read(name)

    def __iter__(self) -> Any:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<{self._run}: {', '.join(self._names) or 'none'}>"

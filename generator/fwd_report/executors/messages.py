"""Messages between workers and the driver, which run the same version of this package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Packed:
    """A store entry in transit: its manifest, and its files by SHA-256."""

    key: str
    manifest: bytes
    files: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """Total bytes."""
        return len(self.manifest) + sum(map(len, self.files.values()))


@dataclass(frozen=True)
class Stored:
    """A run succeeded; its result."""

    entry: Packed


@dataclass(frozen=True)
class Failed:
    """A run failed by itself. The fields are those of `Failure`; log: the details, if any."""

    key: str
    cause: str
    repairable: bool = False
    wrong_input: bool = False
    out_of_memory: bool = False
    log: str | None = None


@dataclass(frozen=True)
class Made:
    """Network steps of a cost class, and the seconds they took; None if they were skipped."""

    cost: str
    steps: int
    seconds: float | None


@dataclass(frozen=True)
class At:
    """What the worker is doing, as a status line."""

    words: str


@dataclass(frozen=True)
class Held:
    """The worker's peak memory, in bytes."""

    peak: int


@dataclass(frozen=True)
class Note:
    """A line that stays on the screen, such as a warning."""

    text: str


@dataclass(frozen=True)
class Checkpoint:
    """A training's checkpoint. names: all files of its working folder. files: the contents of
    those not sent before.
    """

    key: str
    names: Sequence[str]
    files: Mapping[str, bytes]


Message = Stored | Failed | Made | At | Held | Note | Checkpoint


@dataclass(frozen=True)
class Order:
    """A piece of work: the keys of runs, and checkpoints of the trainings among them.

    tell_every: seconds between checks for a new checkpoint.
    """

    runs: Sequence[str]
    keep_going: bool
    checkpoints: Sequence[Checkpoint]
    tell_every: float


@dataclass(frozen=True)
class Ready:
    """Sent by a worker once it has loaded the project.

    place: the node's name. device: its torch device. fill: queries in its largest batch.
    unknown: names of runs whose key differs on this worker. prompts: by text, the cache name of
    each prompt as this worker would encode it.
    """

    place: str
    device: str
    fill: int
    unknown: Sequence[str] = ()
    prompts: Mapping[str, str] = field(default_factory=dict)

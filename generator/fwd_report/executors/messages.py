"""What a worker and the driver say to each other. Both run the same version of this package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Packed:
    """An entry on its way: its manifest, and its files by their SHA-256."""

    key: str
    manifest: bytes
    files: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """Bytes of all of it."""
        return len(self.manifest) + sum(map(len, self.files.values()))


@dataclass(frozen=True)
class Stored:
    """A run is done."""

    entry: Packed


@dataclass(frozen=True)
class Failed:
    """A run failed by itself. The fields are those of `Failure`; log: the details, if there are."""

    key: str
    cause: str
    repairable: bool = False
    wrong_input: bool = False
    out_of_memory: bool = False
    log: str | None = None


@dataclass(frozen=True)
class Made:
    """Network steps of a cost class, made in so many seconds; None: they need not be made."""

    cost: str
    steps: int
    seconds: float | None


@dataclass(frozen=True)
class At:
    """What the worker is at, in words."""

    words: str


@dataclass(frozen=True)
class Held:
    """Bytes of memory that the worker held at most."""

    peak: int


@dataclass(frozen=True)
class Note:
    """A line that stays, such as a warning."""

    text: str


@dataclass(frozen=True)
class Checkpoint:
    """How far a training is. names: of the files of its working folder; files: those of them that
    were not sent before, with their content.
    """

    key: str
    names: Sequence[str]
    files: Mapping[str, bytes]


Message = Stored | Failed | Made | At | Held | Note | Checkpoint


@dataclass(frozen=True)
class Order:
    """A piece of work: the keys of runs, and how far trainings among them were elsewhere.

    tell_every: seconds between looks at whether a training has saved its state.
    """

    runs: Sequence[str]
    keep_going: bool
    checkpoints: Sequence[Checkpoint]
    tell_every: float


@dataclass(frozen=True)
class Ready:
    """What a worker says of itself when it has loaded the project.

    place: the node's name. device: what it computes on. fill: the queries of its largest batch.
    unknown: names of runs that have another key here. prompts: by their text, the names under which
    a memory has them as they would be encoded here.
    """

    place: str
    device: str
    fill: int
    unknown: Sequence[str] = ()
    prompts: Mapping[str, str] = field(default_factory=dict)

"""How results lie in a remote, and what a place that holds them can do.

results/ab/KEY.json     an entry's manifest, written when all its files are there
files/cd/SHA256         a file of any entry, by its content

So entries and files are immutable, two senders of one thing write the same bytes or different
names, and a list of `results/` says what is whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

RESULTS, FILES = "results", "files"
CHUNK = 8 * 2**20
"""Bytes that are moved at a time."""
_RESULT = re.compile(r"results/([0-9a-f]{2})/(([0-9a-f]{2})[0-9a-f]{62})\.json")
_FILE = re.compile(r"files/([0-9a-f]{2})/(([0-9a-f]{2})[0-9a-f]{62})")

Moved = Callable[[int], None]
"""Hears of bytes that have moved."""


class RemoteError(Exception):
    """A remote cannot be used now: it is gone, slow, full, read only, or something else."""


class AbsentError(Exception):
    """Something is not in the remote, or no longer."""


class RefusedError(Exception):
    """What lies in a remote under a key is not the result of that key as it was sent."""


@dataclass(frozen=True)
class Parcel:
    """An entry to send. text: of its manifest. files: by SHA-256, where each lies and its size."""

    key: str
    text: bytes
    files: dict[str, tuple[Path, int]]

    @property
    def size(self) -> int:
        """Bytes of all of it."""
        return len(self.text) + sum(size for _, size in self.files.values())


class Source(Protocol):
    """A place that entries are taken from. `str` of it is how messages call it.

    workers: how many calls at a time it takes. patience: seconds without a byte or an answer after
    which it counts as gone; None: the usual.
    """

    workers: int
    patience: float | None

    def keys(self) -> frozenset[str]:
        """The keys of the entries that are there. Raises RemoteError."""

    def manifest(self, key: str, most: int) -> bytes:
        """The first `most` bytes of an entry's manifest. Raises AbsentError and RemoteError."""

    def content(self, digest: str, size: int) -> Iterator[bytes]:
        """At most `size` bytes of a file, in pieces. Raises AbsentError and RemoteError."""


class Shelf(Source, Protocol):
    """A place that takes entries too.

    together: how many are sent by one call. senders: how many such calls at a time it takes.
    """

    together: int
    senders: int

    def send(self, parcels: Sequence[Parcel], moved: Moved, anew: bool) -> None:
        """Put entries there, manifests last. anew: also files that seem to be there already.

        Raises RemoteError.
        """


def result_name(key: str) -> str:
    """Where an entry's manifest lies."""
    return f"{RESULTS}/{key[:2]}/{key}.json"


def file_name(digest: str) -> str:
    """Where a file of that content lies."""
    return f"{FILES}/{digest[:2]}/{digest}"


def key_in(name: str) -> str | None:
    """The key of the manifest that lies at that name; None for the name of anything else."""
    found = _RESULT.fullmatch(name)
    return found[2] if found and found[1] == found[3] else None


def is_file_name(name: str) -> bool:
    """Whether a file of an entry can lie at that name."""
    found = _FILE.fullmatch(name)
    return found is not None and found[1] == found[3]


def keys_in(names: Iterable[str]) -> frozenset[str]:
    """The keys whose manifests are among these names; what else lies there is not looked at."""
    return frozenset(key for name in names if (key := key_in(name)) is not None)

"""The layout of results in a remote, and the operations of a place that holds them.

results/ab/KEY.json     an entry's manifest, written when all its files are there
files/cd/SHA256         a file of any entry, by its content

So entries and files are immutable, two senders write either the same bytes or different names, and
the list of `results/` tells which entries are complete.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

RESULTS, FILES = "results", "files"
PIECE = 256 * 2**10
"""Bytes transferred at a time, at least: on a slow link each piece is a sign of life."""
CHUNK = 2 * 2**20
"""Bytes transferred at a time, at most."""
_RESULT = re.compile(r"results/([0-9a-f]{2})/(([0-9a-f]{2})[0-9a-f]{62})\.json")
_FILE = re.compile(r"files/([0-9a-f]{2})/(([0-9a-f]{2})[0-9a-f]{62})")

Moved = Callable[[int], None]
"""A function that is told how many bytes have moved."""


class RemoteError(Exception):
    """A remote cannot be used now: it is gone, slow, full, read only, or something else."""


class AbsentError(Exception):
    """Something is not in the remote, or no longer."""


class RefusedError(Exception):
    """The content of a remote under a key differs from the result that was sent."""


@dataclass(frozen=True)
class Parcel:
    """An entry to send. text: of its manifest. files: by SHA-256, the path and size of each."""

    key: str
    text: bytes
    files: dict[str, tuple[Path, int]]

    @property
    def size(self) -> int:
        """The bytes of all of it."""
        return len(self.text) + sum(size for _, size in self.files.values())


class Source(Protocol):
    """A place that entries are taken from. `str` of it is its name in messages.

    workers: how many calls it accepts at a time.
    """

    workers: int

    @property
    def patience(self) -> float | None:
        """Seconds without a byte or an answer after which it counts as gone; None: the default.

        It may change while a transfer is under way.
        """

    def keys(self) -> frozenset[str]:
        """The keys of the entries in it. Raises RemoteError."""

    def manifest(self, key: str, most: int) -> Iterator[bytes]:
        """The first `most` bytes of an entry's manifest, in pieces. Raises AbsentError and
        RemoteError.
        """

    def content(self, digest: str, size: int) -> Iterator[bytes]:
        """At most `size` bytes of a file, in pieces. Raises AbsentError and RemoteError."""


class Shelf(Source, Protocol):
    """A place that also accepts entries.

    together: how many are sent by one call. senders: how many such calls it accepts at a time.
    """

    together: int
    senders: int

    def exists(self) -> bool:
        """Whether there is a place at its address, if that can be told. Raises RemoteError."""

    def send(self, parcels: Sequence[Parcel], moved: Moved, anew: bool) -> None:
        """Store entries, manifests last. anew: also send files that seem to exist already.

        Raises RemoteError.
        """


def result_name(key: str) -> str:
    """The name of an entry's manifest."""
    return f"{RESULTS}/{key[:2]}/{key}.json"


def file_name(digest: str) -> str:
    """The name of a file with that content."""
    return f"{FILES}/{digest[:2]}/{digest}"


def key_in(name: str) -> str | None:
    """The key of the manifest with that name; None for other names."""
    found = _RESULT.fullmatch(name)
    return found[2] if found and found[1] == found[3] else None


def is_file_name(name: str) -> bool:
    """Whether a file of an entry can have that name."""
    found = _FILE.fullmatch(name)
    return found is not None and found[1] == found[3]


def keys_in(names: Iterable[str]) -> frozenset[str]:
    """The keys whose manifests are among these names; all others are ignored."""
    return frozenset(key for name in names if (key := key_in(name)) is not None)

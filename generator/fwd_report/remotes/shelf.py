"""The layout of results in a remote, and the interface of its backends.

results/ab/KEY.json     an entry's manifest, written after all its files
files/cd/SHA256         a file of any entry, named by the SHA-256 of its content

Entries and files are immutable, concurrent writers never conflict, and a listing of `results/`
shows exactly the complete entries.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

RESULTS, FILES = "results", "files"
PIECE = 256 * 2**10
"""Minimum bytes per transfer: small enough that a slow link shows progress."""
CHUNK = 2 * 2**20
"""Maximum bytes per transfer."""
_RESULT = re.compile(r"results/([0-9a-f]{2})/(([0-9a-f]{2})[0-9a-f]{62})\.json")
_FILE = re.compile(r"files/([0-9a-f]{2})/(([0-9a-f]{2})[0-9a-f]{62})")

Moved = Callable[[int], None]
"""Called with the number of bytes just transferred."""


class RemoteError(Exception):
    """A remote cannot be used: it is unreachable, too slow, full or read-only, for example."""


class AbsentError(Exception):
    """A file is not in the remote."""


class RefusedError(Exception):
    """The content of a remote under a key failed verification."""


@dataclass(frozen=True)
class Parcel:
    """An entry to send. text: its manifest. files: path and size of each file, by SHA-256."""

    key: str
    text: bytes
    files: dict[str, tuple[Path, int]]

    @property
    def size(self) -> int:
        """Total bytes."""
        return len(self.text) + sum(size for _, size in self.files.values())


class DownloadSource(Protocol):
    """A place to download entries from. Messages refer to it by its `str`.

    workers: how many concurrent calls it allows.
    """

    workers: int

    @property
    def patience(self) -> float | None:
        """Seconds without a byte or an answer until it counts as unreachable; None: the default.

        It may change during a transfer.
        """

    def keys(self) -> frozenset[str]:
        """Return the keys of its entries. Raises RemoteError."""

    def manifest(self, key: str, most: int) -> Iterator[bytes]:
        """Yield the first `most` bytes of an entry's manifest, in pieces. Raises AbsentError and
        RemoteError.
        """

    def content(self, digest: str, size: int) -> Iterator[bytes]:
        """Yield at most `size` bytes of a file, in pieces. Raises AbsentError and RemoteError."""


class Shelf(DownloadSource, Protocol):
    """A place to download entries from and upload them to.

    together: how many entries one `send` uploads. senders: how many concurrent `send` it allows.
    """

    together: int
    senders: int

    def exists(self) -> bool:
        """Whether its folder exists; True for backends without folders. Raises RemoteError."""

    def send(self, parcels: Sequence[Parcel], moved: Moved, anew: bool) -> None:
        """Upload each entry, manifest last. anew: also upload files that seem to exist already.

        Raises RemoteError.
        """


def result_name(key: str) -> str:
    """Return the name of an entry's manifest."""
    return f"{RESULTS}/{key[:2]}/{key}.json"


def file_name(digest: str) -> str:
    """Return the name of the file with that SHA-256."""
    return f"{FILES}/{digest[:2]}/{digest}"


def key_in(name: str) -> str | None:
    """Return the key of the manifest with that name; None for other names."""
    found = _RESULT.fullmatch(name)
    return found[2] if found and found[1] == found[3] else None


def is_file_name(name: str) -> bool:
    """Whether this is the name of a file of an entry."""
    found = _FILE.fullmatch(name)
    return found is not None and found[1] == found[3]


def keys_in(names: Iterable[str]) -> frozenset[str]:
    """Return the keys whose manifests are among these names; ignore all other names."""
    return frozenset(key for name in names if (key := key_in(name)) is not None)

"""A remote through fsspec: a folder, S3, Google Cloud Storage, SSH, or any other backend.

A backend that lists folder by folder is a file system, where incomplete files are visible: files
are written under a temporary name and renamed. A backend that lists everything at once is an object
store, where objects appear atomically.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

from fwd_report.errors import first_line
from fwd_report.remotes.shelf import (
    CHUNK,
    PIECE,
    RESULTS,
    AbsentError,
    Moved,
    Parcel,
    RemoteError,
    file_name,
    keys_in,
    result_name,
)
from fwd_report.remotes.transfer_pool import answered
from fwd_report.remotes.untold import MOST_PARTS, PART, Untold, telling
from fwd_report.store.addresses import Address

T = TypeVar("T")
FOLDERS = ("file", "ssh", "sftp")
"""Schemes whose folders exist or do not, unlike the prefixes of object stores."""
FINAL = (PermissionError, NotImplementedError)
"""Errors that are not retried."""
FULL = {errno.ENOSPC, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC)}
BRISK, SLUGGISH = 0.5, 2.0
"""Seconds for a piece: below BRISK the next piece is twice as large, above SLUGGISH half."""
SKEWED = "RequestTimeTooSkewed"
"""S3's error code for a request with a wrong time."""


class FileSystemShelf:
    """A shelf at an fsspec address. Thread-safe."""

    together = 1
    workers = 8
    senders = 8
    pauses: Sequence[float] = (0.3, 1.5)
    """Seconds before each retry of a failed request."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._root = ""
        self._made: set[str] = set()
        self._untold = Untold()
        self._held: Any = SimpleNamespace()

    def __str__(self) -> str:
        return str(self.address)

    def keys(self) -> frozenset[str]:
        """List all names at once if the remote supports that, else folder by folder."""
        return answered(lambda moved: self._asked(lambda: self._keys(moved)))

    def exists(self) -> bool:
        """Whether the folder exists; always True for object stores, which have no folders."""
        if self.address.scheme not in FOLDERS:
            return True
        return answered(lambda moved: bool(self._asked(lambda: self.fs.isdir(self._root))))

    @property
    def patience(self) -> float | None:
        """A minute, and longer during uploads whose backend reports no progress."""
        return self._untold.patience

    def manifest(self, key: str, most: int) -> Iterator[bytes]:
        """Read at most `most` bytes."""
        return self._pieces(result_name(key), most)

    def content(self, digest: str, size: int) -> Iterator[bytes]:
        """Read in ranges."""
        return self._pieces(file_name(digest), size)

    def _pieces(self, name: str, most: int) -> Iterator[bytes]:
        """Yield the first `most` bytes of a file, in ranges whose size adapts to the link."""
        start, length = 0, PIECE
        while start < most:
            end = min(start + length, most)
            began = time.monotonic()
            piece = self._range(name, start, end)
            took = time.monotonic() - began
            yield piece[: most - start]
            if len(piece) != end - start:  # end of file, or a server that ignores ranges
                return
            start = end
            if took < BRISK:
                length = min(2 * length, CHUNK)
            elif took > SLUGGISH:
                length = max(length // 2, PIECE)

    def send(self, parcels: Sequence[Parcel], moved: Moved, anew: bool) -> None:
        """Upload each entry, manifest last."""
        for parcel in parcels:
            for digest, (path, size) in parcel.files.items():
                name = file_name(digest)
                if anew or self._size(name) != size:
                    self._put(name, path, size, moved)
                else:
                    moved(size)
            self._put(result_name(parcel.key), parcel.text, len(parcel.text), moved)

    @property
    def fs(self) -> Any:
        """The file system of the address. Raises RemoteError if its backend is not installed."""
        if not hasattr(self._held, "fs"):
            self._held.fs, self._root = self._connected()
        return self._held.fs

    def _connected(self) -> tuple[Any, str]:
        if (way := self.address.lacks) is not None:
            raise RemoteError(f"its backend is not installed: {way}")
        return self._asked(self._open)

    def _open(self) -> tuple[Any, str]:
        """Open the file system of the address; return it with the path in it."""
        from fsspec.core import filesystem, url_to_fs

        url = self.address.url
        if self.address.scheme == "file":
            return filesystem("file"), Path(url).as_posix()
        # Without fsspec's instance cache, whose listings may be stale.
        fs, root = url_to_fs(url, skip_instance_cache=True)
        return fs, str(root)

    def _passes(self, error: Exception) -> bool:
        """Whether the request should be retried after this error."""
        full = isinstance(error, OSError) and error.errno in FULL
        return not (isinstance(error, FINAL) or full)

    @cached_property
    def _walked(self) -> bool:
        """Whether the backend lists folder by folder."""
        from fsspec import AbstractFileSystem
        from fsspec.asyn import AsyncFileSystem

        kind = type(self.fs)
        if isinstance(self.fs, AsyncFileSystem):
            return kind._find is AsyncFileSystem._find
        return kind.find is AbstractFileSystem.find

    def _keys(self, moved: Moved) -> frozenset[str]:
        fs = self.fs
        fs.invalidate_cache()
        if not self._walked:
            return self._named(self._listed(lambda: fs.find(self._place(RESULTS))))
        self._require_parent()
        rooms = self._listed(lambda: fs.ls(self._place(RESULTS), detail=False))
        found: set[str] = set()
        for room in rooms:
            if len(os.path.basename(str(room).rstrip("/"))) == 2:
                found |= self._named(self._listed(partial(fs.ls, room, detail=False)))
                moved(0)
        return frozenset(found)

    def _listed(self, listing: Callable[[], Any]) -> list[str]:
        """Return the listed names; none if the folder does not exist yet."""
        try:
            return [str(name) for name in listing()]
        except NotADirectoryError:
            return []
        except FileNotFoundError:
            if self.address.scheme in ("memory", *FOLDERS):
                return []
            raise

    def _named(self, places: Sequence[str]) -> frozenset[str]:
        """Return the keys of the manifests among these paths."""
        start = self._place("")
        names = (place.replace(os.sep, "/") for place in places)
        return keys_in(name.removeprefix(start) for name in names if name.startswith(start))

    def _require_parent(self) -> None:
        """Raise RemoteError if a local folder's parent is missing, as on an unmounted disk."""
        root = Path(self._root)
        if self.address.scheme == "file" and not root.is_dir() and not root.parent.is_dir():
            raise RemoteError(f"there is no folder {root.parent}")

    def _place(self, name: str) -> str:
        _ = self.fs
        return f"{self._root.rstrip('/')}/{name}"

    def _range(self, name: str, start: int, end: int) -> bytes:
        """Read the bytes from `start` to `end`, exclusive; fewer at the end of the file."""
        request = partial(self.fs.cat_file, self._place(name), start=start, end=end)
        try:
            return bytes(self._asked(request))
        except RemoteError:
            # S3 rejects a range that starts past the end of the file.
            if (self._size(name) or 0) <= start:
                return b""
            raise

    def _size(self, name: str) -> int | None:
        """Return the size of a remote file in bytes; None if there is no such file."""
        try:
            found = self._asked(lambda: self.fs.info(self._place(name)))
        except AbsentError:
            return None
        size = found.get("size")
        return size if isinstance(size, int) and found.get("type") == "file" else None

    def _put(self, name: str, content: bytes | Path, size: int, moved: Moved) -> None:
        place = self._place(name)
        if self._walked:
            self._require_parent()
            folder = place.rpartition("/")[0]
            if folder not in self._made:
                self._asked(lambda: self.fs.makedirs(folder, exist_ok=True))
                self._made.add(folder)
            beside = f"{folder}/.{secrets.token_hex(8)}.tmp"
            try:
                self._asked(lambda: self._write(beside, content, moved))
                self._asked(lambda: self.fs.mv(beside, place))
            except BaseException:
                with suppress(Exception):
                    self.fs.rm_file(beside)
                raise
        elif isinstance(content, bytes) or size <= PART:
            data = content if isinstance(content, bytes) else content.read_bytes()
            with self._untold.sending(size):
                self._asked(lambda: self.fs.pipe_file(place, data))
                moved(size)
        else:
            self._put_large(place, content, size, moved)

    def _put_large(self, place: str, path: Path, size: int, moved: Moved) -> None:
        """Upload a large file, with progress reports from the backend."""
        options: dict[str, int] = {}
        if self.address.scheme in ("s3", "s3a"):
            options = {"chunksize": max(PART, -(-size // MOST_PARTS)), "max_concurrency": 1}
        with self._untold.sending(size) as sent:

            def told(count: int) -> None:
                moved(count)
                sent(count)

            self._asked(
                lambda: self.fs.put_file(str(path), place, callback=telling(told), **options)
            )

    def _write(self, place: str, content: bytes | Path, moved: Moved) -> None:
        with self.fs.open(place, "wb") as target:
            if isinstance(content, bytes):
                target.write(content)
                moved(len(content))
                return
            with content.open("rb") as source:
                while piece := source.read(PIECE):
                    target.write(piece)
                    moved(len(piece))

    def _asked(self, request: Callable[[], T]) -> T:
        """Make a request, and retry it if that may help.

        Raises AbsentError for missing files, and RemoteError with credentials masked.
        """
        for pause in (*self.pauses, None):
            try:
                return request()
            except (RemoteError, AbsentError):
                raise
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
                raise AbsentError(self._said(error)) from None
            except Exception as error:
                if pause is None or not self._passes(error):
                    raise RemoteError(self._said(error)) from None
                time.sleep(pause)
        raise AssertionError

    def _said(self, error: Exception) -> str:
        """Describe a failed request for a message."""
        if SKEWED in f"{error} {error.__cause__}":
            return "it reports that this machine's clock is wrong; set the clock"
        if isinstance(error, NotImplementedError):
            return "it cannot be written to"
        if isinstance(error, PermissionError) and error.errno is None:
            return self.address.censored(f"it denies this account access: {first_line(error)}")
        words = getattr(error, "strerror", None) or first_line(error)
        return self.address.censored(str(words))

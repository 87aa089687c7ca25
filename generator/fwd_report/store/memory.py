"""A memory of computed values, all of which can be computed again.

A value lies under a digest of everything that it is computed from: contents of files, words of the
specs, the code that computes it, the versions of libraries if they matter. So it never becomes
stale; it only falls out of use. The digest of a file is remembered under the file's size, times,
inode and device together.

    .fwd-report/memory/files.json   digests of files
    .fwd-report/memory/ab/abcd…     values

Every value is checked when it is read, and computed again if it is damaged or missing, also in a
read-only project: this folder affects only how long a command takes. Processes may share it: values
are written atomically, and equal names mean equal values. Within a process all projects share what
was found once, so callers must not change a value.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

import fwd_report
from fwd_report.sources import AT_START, installed, stamp_in
from fwd_report.store.files import read_regular, strict_json, sweep_half_written, write_atomically
from fwd_report.store.folders import OWNED, inside, is_key

V = TypeVar("V")

FOLDER = "memory"
FILES = "files.json"
ABSENT = "absent"
"""Stands for the digest of a file that is missing or unreadable."""
SETTLED_NS = 2_000_000_000
"""How old a file's last change must be before its digest is remembered: two edits within the
resolution of a file system's clock look alike."""
MOST_BYTES = 1_000_000_000
"""The size limit of all values together; the least recently used go first."""
DAY = 86_400.0
"""Seconds after which the time of a value's last use is updated again."""
MOST_DAYS = 90
"""How many days an unused value is kept."""


@dataclass
class Found:
    """What a process found, for all the projects that it opens."""

    files: dict[str, list[str]] = field(default_factory=dict)
    """The stamp and digest of files by path."""
    values: dict[str, Any] = field(default_factory=dict)
    """The values by name."""


THIS_PROCESS = Found()


@cache
def memory_of(root: Path) -> Memory:
    """The memory of a project, shared by all stages of a process."""
    return Memory(root / OWNED / FOLDER, THIS_PROCESS)


def digest_of(*made_of: Any) -> str:
    """The name of a value: SHA-256 over what it is computed from, as JSON."""
    text = strict_json(made_of, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Memory:
    """Values by the digest of what they are computed from, and digests of files."""

    def __init__(self, folder: Path, found: Found | None = None) -> None:
        """found: what this process found already, also for other projects; by default nothing."""
        self._folder = folder
        self._found = Found() if found is None else found
        self._values: dict[str, Any] = {}
        self._used: dict[str, list[str]] = {}
        self._changed = False
        self._put = False
        self.asked: dict[str, str] = {}
        """The stamp of each file whose digest was requested, as it was then."""

    def of_file(self, path: str | Path) -> str:
        """The hex SHA-256 of a file's bytes. Raises OSError if it cannot be read."""
        name = os.fspath(path)
        stat = os.stat(name)
        sign = stamp_in(stat)
        self.asked[name] = sign
        known = self._used.get(name) or self._known.get(name)
        if known is None or known[0] != sign:
            self._changed = True
            known = self._found.files.get(name)
        if known is not None and known[0] == sign:
            self._used[name] = known
            return known[1]
        with open(name, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > SETTLED_NS:
            self._used[name] = self._found.files[name] = [sign, digest]
        return digest

    def of_file_or_absent(self, path: str | Path) -> str:
        """The same, or ABSENT if the file cannot be read."""
        try:
            return self.of_file(path)
        except OSError:
            self.asked[os.fspath(path)] = ABSENT
            return ABSENT

    @cached_property
    def code(self) -> str:
        """The digest of this package's code and of the versions of installed packages."""
        return digest_of(self.code_of(*sorted(AT_START)), installed())

    def code_of(self, *files: str) -> str:
        """The digest of source files of this package that compute a value.

        Nothing is found under it if one of them was modified after the process started: the running
        code may then differ from the file.
        """
        package = os.path.dirname(fwd_report.__file__)
        digests = [[file.removeprefix(package), self.of_file_or_absent(file)] for file in files]
        if any(self.asked[file] != AT_START.get(file) for file in files):
            return secrets.token_hex(32)
        return digest_of(digests)

    def get(self, digest: str) -> bytes | None:
        """The value of that name, or None; a value that is not exactly what was stored counts as
        none.
        """
        path = self._path(digest)
        try:
            said, _, data = read_regular(path).partition(b"\n")
            if said.decode() != _sum(digest, data):
                return None
            if time.time() - path.stat().st_mtime > DAY:
                os.utime(path)
        except (OSError, ValueError):
            return None
        return data

    def put(self, digest: str, data: bytes) -> None:
        """Store a value under its name; does nothing if nothing can be stored."""
        with suppress(OSError):
            content = f"{_sum(digest, data)}\n".encode() + data
            write_atomically(self._path(digest), content, durable=False)
            self._put = True

    def recall(self, digest: str, find: Callable[[], V]) -> V:
        """The value of that name as JSON, not to be changed; `find` computes it if neither this
        project nor this process has it.
        """
        if digest not in self._values:
            try:
                self._values[digest] = json.loads(self.get(digest) or b"")
            except (ValueError, RecursionError):
                if digest not in self._found.values:
                    self._found.values[digest] = find()
                self._values[digest] = self._found.values[digest]
                text = strict_json(self._values[digest])
                self.put(digest, text.encode("utf-8", "surrogatepass"))
        return cast(V, self._values[digest])

    def save(self) -> None:
        """Store the digests of files for the next process, and delete surplus values."""
        if self._put:
            self._put = False
            self._prune()
        if self._changed:
            self._changed = False
            others = {
                path: kept
                for path, kept in _read(self._folder / FILES).items()
                if path not in self._used and _is_so(path, kept)
            }
            text = json.dumps({**others, **self._used})
            with suppress(OSError):
                write_atomically(
                    self._folder / FILES, f"{_text_sum(text)}\n{text}\n", durable=False
                )

    def forget_files(self) -> None:
        """Have every file digested anew: one differs from what its stamp implied."""
        self._used.clear()
        self._found.files.clear()
        self._known = {}
        with suppress(OSError):
            (self._folder / FILES).unlink(missing_ok=True)

    @cached_property
    def _known(self) -> dict[str, list[str]]:
        return _read(self._folder / FILES)

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def _prune(self) -> None:
        """Delete values that have not been used for long, and the oldest if there are too many."""
        if not inside(self._folder, self._folder.parents[1]):
            return
        values: list[tuple[float, int, Path]] = []
        for room in self._folder.glob("??"):
            if room.is_symlink() or not room.is_dir():
                continue
            sweep_half_written(room)
            for path in room.iterdir():
                if is_key(path.name) and path.name[:2] == room.name:
                    with suppress(OSError):
                        stat = path.lstat()
                        values.append((stat.st_mtime, stat.st_size, path))
        total, oldest = 0, time.time() - MOST_DAYS * DAY
        for used, size, path in sorted(values, reverse=True):
            total += size
            if total > MOST_BYTES or used < oldest:
                with suppress(OSError):
                    path.unlink()


def _read(path: Path) -> dict[str, list[str]]:
    """The remembered digests by path; {} if the file does not hold exactly that."""
    try:
        said, text = read_regular(path).decode().split("\n", 1)
        known = json.loads(text) if said == _text_sum(text.rstrip("\n")) else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}


def _is_so(path: str, kept: list[str]) -> bool:
    """Whether a file is still the one whose digest is remembered."""
    try:
        return kept[0] == stamp_in(os.stat(path))
    except (OSError, ValueError):
        return False


def _sum(digest: str, data: bytes) -> str:
    return hashlib.sha256(digest.encode() + data).hexdigest()


def _text_sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

"""File writing in which a crash at any moment leaves either the old state or the new one."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from fwd_report.errors import UnavailableError, say
from fwd_report.store.folders import make_folder, set_aside

NOT_HERE = {
    getattr(errno, name)
    for name in ("EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EBADF", "EACCES", "EPERM", "EISDIR")
}
"""The error codes of a system that cannot flush this kind of file or folder at all."""
GONE = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP}
"""The error codes for a file that is missing or not as it was written. All others may be
temporary."""
HALF_WRITTEN = re.compile(r"\..{1,40}-\d+-[0-9a-f]{8}\.tmp", re.DOTALL)
"""The names of files that are being written."""
ABANDONED = 3600.0
"""Seconds after which a half-written file is certainly abandoned."""


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fsync(path: Path) -> None:
    """Force a file's bytes, or a folder's list of names, to the disk, if the system can.

    If it cannot, a warning is printed once. Raises OSError for a disk that fails or is full.
    """
    try:
        descriptor = _opened(path)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        _unless_not_here(error, path)


def write_atomically(
    path: Path, content: str | bytes, durable: bool = True, parents: bool = True
) -> None:
    """Replace `path` by `content`: readers see either all of the old or all of the new.

    The file's mode follows the umask. durable: flush it to the disk before it is renamed. parents:
    create missing folders. Raises OSError that names the path.
    """
    if parents:
        make_folder(path.parent)
    data = content.encode() if isinstance(content, str) else content
    temporary = half_written(path)
    try:
        with naming(path):
            with open(temporary, "xb") as file:
                file.write(data)
                file.flush()
                if durable:
                    _flush(file.fileno(), path)
            try:
                os.replace(temporary, path)
            except OSError:
                if not (path.is_dir() and set_aside(path, "is a folder where a file belongs")):
                    raise
                os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def half_written(path: Path) -> Path:
    """A new name beside `path`, of `HALF_WRITTEN`, for what is to replace it."""
    return path.with_name(f".{path.name[:40]}-{os.getpid()}-{secrets.token_hex(4)}.tmp")


def sweep_half_written(folder: Path, after: float | None = ABANDONED) -> None:
    """Remove the files in a folder that killed processes left half written.

    after: seconds since they were written; None where a lock keeps all others from writing there.
    """
    with suppress(OSError):
        for path in folder.iterdir():
            if HALF_WRITTEN.fullmatch(path.name) and not path.is_dir():
                with suppress(OSError):
                    if after is None or time.time() - path.lstat().st_mtime > after:
                        path.unlink()


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Add this file's name to an OSError of the block that names none, such as that of a full
    disk.
    """
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            raise
        raise OSError(error.errno or 0, error.strerror or str(error), str(path)) from error


def read_regular(path: Path) -> bytes:
    """The bytes of a file; raises OSError also for anything but a regular file, such as a pipe."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return path.read_bytes()


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object, or {} if the file is missing or damaged: for hints only."""
    try:
        value = json.loads(read_regular(path))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def write_json(path: Path, value: Any, parents: bool = True) -> None:
    """Write a JSON object atomically, with sorted keys."""
    write_atomically(path, json_text(value), parents=parents)


def json_text(value: Any) -> str:
    """A JSON object as it is written to a file: sorted keys, one per line."""
    return strict_json(value, sort_keys=True, indent=1) + "\n"


def read_checked(path: Path) -> dict[str, Any]:
    """What `write_checked` wrote, or {} if the file does not hold exactly that."""
    try:
        stated = json.loads(read_regular(path))
        value = stated["value"]
        if isinstance(value, dict) and stated["sha256"] == json_digest(value):
            return value
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        pass
    return {}


def write_checked(path: Path, value: Mapping[str, Any]) -> None:
    """Write a record that a build can do without, with its digest, so that damage is detected.

    If it cannot be written, as in a read-only project, nothing is kept.
    """
    with suppress(OSError):
        write_atomically(path, strict_json({"sha256": json_digest(value), "value": value}) + "\n")


def json_digest(value: Any) -> str:
    """SHA-256 of a value as JSON with sorted keys."""
    return hashlib.sha256(strict_json(value, sort_keys=True).encode()).hexdigest()


def strict_json(value: Any, **options: Any) -> str:
    """JSON that every reader accepts: infinities and NaN are written as "inf", "-inf" and "nan"."""
    options = {**options, "ensure_ascii": False, "allow_nan": False}
    try:
        return json.dumps(value, **options)
    except (TypeError, ValueError):
        return json.dumps(_worded(value), **options)


def number_of(value: Any) -> Any:
    """The number that `strict_json` wrote as a word; everything else unchanged."""
    return float(value) if value in ("inf", "-inf", "nan") else value


def _worded(value: Any) -> Any:
    if isinstance(value, float):
        return value if value - value == 0 else repr(float(value))
    if isinstance(value, Mapping):
        return {key: _worded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_worded(item) for item in value]
    return value


def _opened(path: Path) -> int:
    """A descriptor for flushing: Windows accepts only one opened for writing, and none of a
    folder.
    """
    if path.is_dir():
        return os.open(path, os.O_RDONLY)
    try:
        return os.open(path, os.O_RDWR)
    except PermissionError:
        return os.open(path, os.O_RDONLY)


def _flush(descriptor: int, path: Path) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        _unless_not_here(error, path)


def _unless_not_here(error: OSError, path: Path) -> None:
    if error.errno not in NOT_HERE:
        raise OSError(error.errno or 0, error.strerror, str(path)) from error
    warn_once(
        "this file system cannot be told to flush: after a power cut the newest results may be "
        "missing or damaged, and the next build makes them again"
    )


@cache
def warn_once(message: str) -> None:
    """Print a warning the first time it occurs in this process."""
    say(f"warning: {message}", err=True)


def unreadable(error: OSError) -> UnavailableError:
    """The message about a file that cannot be read now: it may be intact, so nothing is
    discarded.
    """
    hint = None
    if error.errno in (errno.EACCES, errno.EPERM):
        hint = "a store shared by a group needs files that the group can read (umask 002)"
    elif error.errno in (errno.EMFILE, errno.ENFILE):
        hint = "raise the limit of open files: ulimit -n"
    place = error.filename if error.filename is not None else "a file of the store"
    return UnavailableError(
        f"{place} cannot be read now: {error.strerror}; nothing was changed", hint=hint
    )

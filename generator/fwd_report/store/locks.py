"""Locks by name; a process may hold thousands of them with one open file.

.fwd-report/locks/guard.lock         held briefly while a claim is taken or released
.fwd-report/locks/session-….lock     held by a process as long as it has claims: the system
                                     releases it when the process ends, however it ends
.fwd-report/locks/NAME.claim         the session that holds this name, its process, host and time

A claim is valid while its session is held. So no lock depends on process numbers, the claims of
killed processes are free at once, and nothing but the guard remains.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fwd_report.errors import UnavailableError
from fwd_report.store.files import naming, read_json, warn_once
from fwd_report.store.folders import is_key, make_folder, set_aside
from fwd_report.store.soft_locks import held_too_long, marker_of

if TYPE_CHECKING:
    from filelock import BaseFileLock

NO_FLOCK = {
    getattr(errno, name) for name in ("ENOSYS", "ENOLCK", "ENOTSUP", "EOPNOTSUPP", "EINVAL")
}
"""The error codes of a file system that has no locks."""
POLL = 0.2
"""Seconds between looks at a lock that another process holds."""
SAY_AFTER = 1.0
"""Seconds of waiting after which a message names the process that is waited for."""
TRUSTED = 1.0
"""Seconds for which a session that was seen alive is not checked again."""
GUARD_WAIT = 30.0
"""Seconds to wait for the guard, which is normally held for milliseconds."""


@dataclass(frozen=True)
class Holder:
    """Who has a lock: a process on a host, and since when."""

    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        place = "" if self.host == platform.node() else f" on {self.host}"
        return f"process {self.pid}{place}, since {self.since}"


class Locks:
    """The locks of a project, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._session: BaseFileLock | None = None
        self._held: set[str] = set()
        self._alive: dict[str, float] = {}

    def lock(self, name: str) -> Lock:
        """The lock of that name."""
        return Lock(self, name)

    def acquire(self, name: str) -> bool:
        """Take the lock if no living process, including this one, has it."""
        claim = self._claim(name)
        if time.monotonic() < self._alive.get(_session_of(claim), 0.0):
            return False
        with self._guarded():
            if claim.exists() or claim.is_symlink():
                session = _session_of(claim)
                if session in self._names() or self._lives(session):
                    self._alive[session] = time.monotonic() + TRUSTED
                    return False
                _clear(claim)
            session = self._open_session()
            content = {
                "session": session,
                "pid": os.getpid(),
                "host": platform.node(),
                "since": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            try:
                with naming(claim):
                    claim.write_text(json.dumps(content) + "\n", encoding="utf-8")
            except OSError:
                claim.unlink(missing_ok=True)
                raise
            self._held.add(name)
            return True

    def release(self, name: str) -> None:
        """Release the lock; with the last one, the session ends."""
        if name not in self._held:
            return
        with self._guarded():
            self._held.discard(name)
            claim = self._claim(name)
            if _session_of(claim) in self._names():
                claim.unlink(missing_ok=True)
            if not self._held and self._session is not None:
                path = Path(self._session.lock_file)
                self._session.release()
                self._session = None
                with suppress(OSError):
                    path.unlink(missing_ok=True)

    def holder(self, name: str) -> Holder | None:
        """Who has the lock, according to its claim, or None."""
        claim = read_json(self._claim(name))
        try:
            return Holder(int(claim["pid"]), str(claim["host"]), str(claim["since"]))
        except (KeyError, TypeError, ValueError):
            return None

    def sweep(self) -> None:
        """Remove what killed processes left: their claims and sessions, and locks of no key."""
        if not self.folder.is_dir():
            return
        with self._guarded():
            self._sweep()

    @contextmanager
    def waiting(self, name: str, what: str, say: Callable[[str], None]) -> Iterator[None]:
        """Hold the lock for the block, waiting for it; says who is waited for, and how to continue.

        what: what the other process does meanwhile, such as "writes the pages".
        """
        lock, began, told = self.lock(name), time.monotonic(), False
        while not lock.acquire():
            if not told and time.monotonic() - began > SAY_AFTER:
                told = True
                say(f"waiting for {self.explain(name, what)}")
            time.sleep(POLL)
        try:
            yield
        finally:
            lock.release()

    def explain(self, name: str, what: str) -> str:
        """Who has the lock, in words, and what to do if it is never released."""
        holder = self.holder(name)
        if holder is None:
            return f"another process, which {what}"
        if holder.host != platform.node():
            way = f"if it is gone for good, delete {self._claim(name)}"
        else:
            way = f"if it hangs, end it: kill {holder.pid} (and kill -CONT {holder.pid})"
        return f"{holder}, which {what}; {way}"

    def _claim(self, name: str) -> Path:
        return self.folder / f"{name}.claim"

    def _names(self) -> tuple[str, ...]:
        """The name of this process's session, if it has one."""
        return () if self._session is None else (Path(self._session.lock_file).name,)

    def _open_session(self) -> str:
        if self._session is None:
            self._sweep()
            name = f"session-{secrets.token_hex(8)}.lock"
            session = self._take(self.folder / name)
            if session is None:
                raise UnavailableError(f"{self.folder / name} cannot be locked")
            self._session = session
        return self._names()[0]

    def _sweep(self) -> None:
        for path in self.folder.iterdir():
            name = path.name
            if name.startswith("session-") and name not in self._names():
                if not self._lives(name):
                    _clear(path)
            elif name.endswith(".claim"):
                session = _session_of(path)
                if session not in self._names() and not self._lives(session):
                    _clear(path)
            elif is_key(name.removesuffix(".lock")) and not self._locked(path):
                _clear(path)  # from before there were claims: a file for each key ever run

    def _lives(self, session: str) -> bool:
        """Whether a process holds that session, according to the system or, without file locks, its
        marker.
        """
        path = self.folder / session
        return session.startswith("session-") and path.is_file() and self._locked(path)

    def _locked(self, path: Path) -> bool:
        taken = self._take(path)
        if taken is not None:
            taken.release()
        return taken is None

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        make_folder(self.folder)
        path = self.folder / "guard.lock"
        if path.is_dir() or path.is_symlink():
            set_aside(path, "is no lock file")
        guard = self._take(path, GUARD_WAIT)
        if guard is None:
            raise held_too_long(path, GUARD_WAIT)
        try:
            yield
        finally:
            guard.release()

    def _take(self, path: Path, wait: float = 0.0) -> BaseFileLock | None:
        """Lock a file, waiting at most that long; None if another process or thread has it."""
        from filelock import FileLock, SoftFileLock, Timeout

        soft = marker_of(path)
        try:
            if path != soft and not soft.exists():
                try:
                    # Not a thread's own: another thread of this process may end the session.
                    native = FileLock(
                        path, thread_local=False, fallback_to_soft=False, poll_interval=0.005
                    )
                    native.acquire(timeout=wait)
                    return native
                except OSError as error:
                    if error.errno not in NO_FLOCK:
                        raise
                    warn_once(
                        "this file system has no locks; builds at the same time from several "
                        "machines may have to be told apart by hand"
                    )
                    path.unlink(missing_ok=True)
            marker = SoftFileLock(soft, thread_local=False, poll_interval=0.005)
            marker.acquire(timeout=wait)
            return marker
        except Timeout:
            return None


def _session_of(claim: Path) -> str:
    """The session that a claim names; "" if there is no claim, or an incomplete one."""
    return str(read_json(claim).get("session", ""))


def _clear(path: Path) -> None:
    """Remove stale claims and sessions; move aside anything that the tool cannot have made."""
    if path.is_symlink() or path.is_dir():
        set_aside(path, "is no lock file")
    else:
        path.unlink(missing_ok=True)


class Lock:
    """A lock: its holder may do what it stands for."""

    def __init__(self, locks: Locks, name: str) -> None:
        self._locks = locks
        self.name = name

    def acquire(self) -> bool:
        """Take the lock if it is free now; whether it was."""
        return self._locks.acquire(self.name)

    def release(self) -> None:
        """Release the lock; does nothing if this process does not have it."""
        self._locks.release(self.name)

    def holder(self) -> Holder | None:
        """Who has the lock, or None."""
        return self._locks.holder(self.name)

    def __enter__(self) -> Lock:
        while not self.acquire():
            time.sleep(POLL)
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

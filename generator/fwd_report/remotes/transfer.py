"""Transfer many entries to and from a store, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from fwd_report.errors import counted
from fwd_report.remotes.arrival import ChangedError, fetch_entry, parcel_of
from fwd_report.remotes.shelf import (
    AbsentError,
    DownloadSource,
    Parcel,
    RefusedError,
    RemoteError,
    Shelf,
)
from fwd_report.remotes.transfer_pool import TransferPool
from fwd_report.store.manifest import NewerEntryError
from fwd_report.store.store import Store

Show = Callable[[str, int, int], None]
"""Called with the progress: a line, entries done, entries in total."""


def unseen(line: str, done: int, total: int) -> None:
    """Show nothing."""


@dataclass
class Moves:
    """The outcome of a transfer.

    arrived: keys of the entries that were transferred. refused: by key, why an entry failed
    verification. newer: the refused keys whose entries are of a newer version. failed: why the
    transfer ended early; None if it did not.
    """

    arrived: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    newer: set[str] = field(default_factory=set)
    failed: str | None = None
    bytes: int = 0


def fetch_entries(
    shelf: DownloadSource, store: Store, keys: Iterable[str], show: Show = unseen
) -> Moves:
    """Download entries into the store, except those it has or another process is working on.

    Each appears complete and verified, or not at all. Incomplete entries left by killed processes
    are removed first. Raises HereError if the store cannot be written. A signal interrupts the
    transfer, and loses only entries in progress.
    """
    return _Fetching(shelf, store, list(dict.fromkeys(keys)), show).run()


class _Fetching:
    def __init__(self, shelf: DownloadSource, store: Store, keys: list[str], show: Show) -> None:
        self._shelf = shelf
        self._store = store
        self._total = len(keys)
        self._waiting = iter(keys)
        self._show = show
        self._open: dict[str, ExitStack] = {}
        self._moves = Moves()
        self._pool = TransferPool(min(shelf.workers, max(1, len(keys))), lambda: shelf.patience)

    def run(self) -> Moves:
        try:
            self._store.sweep()
            while self._fill():
                key, error = self._pool.wait(self._tick)
                self._end(key, error)
                self._tick()
        except RemoteError as error:
            self._moves.failed = str(error)
        finally:
            self._pool.close()
            for key in list(self._open):
                self._abandon(key, RemoteError("stopped"))
            self._moves.bytes = self._pool.bytes
        return self._moves

    def _fill(self) -> bool:
        """Start downloads up to the limit; return whether any is in progress."""
        while len(self._open) < 2 * self._shelf.workers:
            key = next(self._waiting, None)
            if key is None:
                break
            if self._store.has(key):
                continue
            lock = self._store.lock(key)
            if not lock.acquire():
                continue
            stack = ExitStack()
            stack.callback(lock.release)
            self._open[key] = stack
            folder = stack.enter_context(self._store.writing(key))
            pool = self._pool
            job = partial(fetch_entry, self._shelf, key, folder, pool.moved, pool.stopped)
            self._pool.submit(key, job)
        return bool(self._open)

    def _end(self, key: str, error: Exception | None) -> None:
        if error is None:
            self._open.pop(key).close()
            self._moves.arrived.add(key)
            return
        self._abandon(key, error)
        if isinstance(error, RefusedError | NewerEntryError):
            self._moves.refused[key] = str(error).partition("\n")[0]
            if isinstance(error, NewerEntryError):
                self._moves.newer.add(key)
        elif isinstance(error, AbsentError):
            self._moves.refused[key] = "not all of its files are there"
        else:
            raise error

    def _abandon(self, key: str, error: Exception) -> None:
        """Discard an entry whose download failed."""
        self._open.pop(key).__exit__(type(error), error, error.__traceback__)

    def _tick(self) -> None:
        done = len(self._moves.arrived) + len(self._moves.refused)
        self._show(_line("from", self._shelf, done, self._total, self._pool), done, self._total)


def send(
    shelf: Shelf,
    store: Store,
    keys: Collection[str],
    show: Show = unseen,
    anew: Collection[str] = (),
) -> Moves:
    """Upload entries of the store to a shelf. anew: keys whose content there must be replaced.

    Entries that fail verification here are refused. Raises HereError for entries that cannot be
    read.
    """
    pool = TransferPool(min(shelf.senders, max(1, len(keys))), lambda: shelf.patience)
    moves = Moves()
    groups = _grouped(sorted(keys), shelf.together)

    def job(group: Sequence[str]) -> dict[str, str]:
        changed: dict[str, str] = {}
        parcels: list[Parcel] = []
        for key in group:
            try:
                parcels.append(parcel_of(store, key))
            except (ChangedError, NewerEntryError) as error:
                changed[key] = str(error).partition("\n")[0]
        again = bool(set(group) & set(anew))
        if parcels:
            shelf.send(parcels, pool.moved, again)
        return changed

    def tick() -> None:
        done = len(moves.arrived) + len(moves.refused)
        show(_line("to", shelf, done, len(keys), pool), done, len(keys))

    try:
        for group in groups:
            pool.submit(group, partial(job, group))
        for _ in groups:
            group, answer = pool.wait(tick)
            if isinstance(answer, Exception):
                raise answer
            moves.refused |= answer
            moves.arrived |= set(group) - set(answer)
            tick()
    except (RemoteError, AbsentError) as error:
        moves.failed = str(error)
    finally:
        pool.close()
        moves.bytes = pool.bytes
    return moves


def _grouped(keys: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(keys[start : start + size]) for start in range(0, len(keys), size)]


def _line(which: str, shelf: DownloadSource, done: int, total: int, pool: TransferPool) -> str:
    return f"{done:,}/{counted(total, 'result')} {which} {shelf} · {pool.bytes / 1e6:,.1f} MB"

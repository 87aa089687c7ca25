"""Schedules runs on a crew of workers and stores their results. Independent of Ray.

Only the foreman writes the project's store, under the same locks as a build in one process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from fwd_report.engine.failures import Failure
from fwd_report.engine.progress import Progress
from fwd_report.engine.writer import Writer
from fwd_report.errors import counted
from fwd_report.executors.contract import Finished, Work
from fwd_report.executors.failing import Failures
from fwd_report.executors.messages import (
    At,
    Checkpoint,
    Failed,
    Held,
    Made,
    Message,
    Note,
    Order,
    Packed,
    Stored,
)
from fwd_report.executors.packing import files_in, names_in, take_in, write_files
from fwd_report.executors.pieces import TRIES, Pieces
from fwd_report.executors.tally import Tally
from fwd_report.executors.workers import Crew, Ended, Lost
from fwd_report.plan.rates import Rates, cost_class
from fwd_report.plan.run import Run, with_needs
from fwd_report.store.folders import remove
from fwd_report.store.locks import POLL, Lock
from fwd_report.store.store import DamagedEntryError

UNKNOWN_PRICE = 0.1
"""Assumed seconds per network step before any was measured."""
CHECKPOINT_EVERY = 10.0
"""Seconds between checks for a new training checkpoint, which the worker then sends."""
LISTEN, STORING = 0.5, 0.02
"""Seconds to wait for messages from workers; the shorter one while results are being stored."""
WRITERS, WAITING = 8, 64
"""Threads that store results, mostly waiting for the disk; and the longest queue of results for
them, beyond which no messages are read."""


class Foreman:
    """Runs the work on a crew. A result is stored once, even if several workers make it."""

    def __init__(
        self,
        work: Work,
        crew: Crew,
        progress: Progress,
        rates: Rates,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._work = work
        self._store = work.store
        self._crew = crew
        self._progress = progress
        self._rates = rates
        self._runs = {run.key: run for run in work.runs}
        self._pieces = Pieces(work.runs, self._price, clock)
        self._writer: Writer[Run] = Writer(WAITING, WRITERS)
        self._locks: dict[str, Lock] = {}
        self._lacking: dict[str, Failure] = {}
        """By key: the failure of each run for which a worker had too little memory."""
        self._short: set[str] = set()
        """The workers whose current order ran out of memory."""
        self._failures = Failures(work, self._pieces, progress, self._release)
        self._tally = Tally(progress)
        self._looked = time.monotonic()

    def run(self) -> Iterator[Finished | Failure]:
        """Yield each run's outcome as soon as it is known."""
        self._store.sweep()
        try:
            while self._pieces.left and not self._failures.stopped:
                yield from self._hand_out()
                for worker, heard in self._crew.hear(STORING if self._writer.busy else LISTEN):
                    yield from self._obey(worker, heard)
                yield from self._collect(self._writer.collect())
            yield from self._collect(self._writer.close())
        finally:
            self._writer.close()
            for lock in self._locks.values():
                lock.release()

    def _price(self, cost: str) -> float:
        rate = self._rates.rate(cost)
        return UNKNOWN_PRICE if rate is None else rate

    def _hand_out(self) -> Iterator[Finished | Failure]:
        now = time.monotonic()
        if self._pieces.aside and now - self._looked > POLL:
            self._pieces.bring_back()
            self._looked = now
        idle = self._crew.idle()
        for worker in idle:
            while runs := self._pieces.take(worker, self._crew.size, self._crew.fill):
                mine = []
                for run in runs:
                    outcomes = list(self._claim(worker, run))
                    mine += [] if outcomes else [run]
                    yield from filter(None, outcomes)
                if self._failures.stopped:
                    return
                if mine:
                    yield from self._give(worker, mine)
                    break
                self._pieces.ended(worker)
        yield from self._refused(idle)

    def _claim(self, worker: str, run: Run) -> Iterator[Finished | Failure | None]:
        """Lock a run for as long as it is assigned. Yields if it must not be assigned."""
        gone = [need for need in run.needed if not self._store.has(need.key)]
        if gone:
            yield from self._failures.fail(
                Failure(run, f"the result of {gone[0].name} is gone; build again")
            )
            return
        if run.key not in self._locks:
            lock = self._store.lock(run.key)
            if not lock.acquire():
                self._pieces.put_aside(worker, run.key)
                who = self._store.locks.explain(run.key, f"runs {run.name}")
                self._progress.working_on(f"waiting for {who}")
                yield None
                return
            self._locks[run.key] = lock
        if self._store.has(run.key) and run.key not in self._work.forced:
            self._progress.skip(cost_class(run), run.network_steps)
            yield self._done(run, by_other=True)

    def _give(self, worker: str, runs: Sequence[Run]) -> Iterator[Failure]:
        keys = {run.key for run in runs}
        needs = [need.key for need in with_needs(runs) if need.key not in keys]
        checkpoints = [self._checkpoint(run.key) for run in runs if run.technique.kind == "job"]
        order = Order(
            tuple(run.key for run in runs), self._work.keep_going, checkpoints, CHECKPOINT_EVERY
        )
        try:
            self._crew.give(worker, order, needs)
        except DamagedEntryError as error:
            self._pieces.ended(worker)
            for run in runs:
                yield from self._failures.fail(Failure(run, str(error), repairable=True))

    def _checkpoint(self, key: str) -> Checkpoint:
        """Return the latest checkpoint of a training, from this machine or a lost worker."""
        folder = self._store.working_folder(key)
        files = files_in(folder, names_in(folder))
        return Checkpoint(key, tuple(files), files)

    def _obey(
        self, worker: str, heard: Sequence[Message] | Ended | Lost
    ) -> Iterator[Finished | Failure]:
        if isinstance(heard, Lost):
            yield from self._replace(worker, heard)
        elif isinstance(heard, Ended):
            yield from self._close(worker)
        else:
            for message in heard:
                yield from self._take(worker, message)

    def _take(self, worker: str, message: Message) -> Iterator[Finished | Failure]:
        if isinstance(message, Stored):
            self._store_result(worker, message)
        elif isinstance(message, Failed):
            run = self._runs[message.key]
            if message.log is not None:
                self._store.log(run.name, message.log)
            if self._awaited(run.key):
                failure = Failure(run, message.cause, message.repairable, message.wrong_input)
                if message.out_of_memory:
                    self._try_elsewhere(worker, failure)
                else:
                    yield from self._failures.fail(failure)
        elif isinstance(message, Made):
            self._tally.add(worker, message)
        elif isinstance(message, At):
            self._tally.at(message.words, self._pieces.out)
        elif isinstance(message, Held):
            self._tally.held(message.peak)
        elif isinstance(message, Note):
            self._tally.note(message.text)
        elif self._awaited(message.key):
            write_files(self._store.working_folder(message.key), message.names, message.files)
            self._pieces.got_further(message.key)

    def _try_elsewhere(self, worker: str, failure: Failure) -> None:
        """Retry a run for which a worker had too little memory: alone, then on other workers."""
        run = failure.run
        self._lacking[run.key] = failure
        self._short.add(worker)
        alone = self._pieces.lacked(worker, run.key)
        then = "other workers try it" if alone else "it runs again alone"
        place = self._crew.place(worker)
        self._progress.note(f"{place} has too little memory for {run.name}: {then}")

    def _refused(self, workers: Sequence[str]) -> Iterator[Failure]:
        """Fail the runs for which no worker has enough memory. workers: the idle ones, which are
        all of them while no piece is out.
        """
        for run in self._pieces.refused(workers if not self._pieces.out else ()):
            said = self._lacking[run.key]
            cause = f"no worker has enough memory for it: {said.cause}"
            yield from self._failures.fail(replace(said, cause=cause))

    def _pending(self, key: str) -> bool:
        return key in self._locks

    def _awaited(self, key: str) -> bool:
        """Whether a worker's message about a run counts: it has no result and did not fail."""
        return self._pending(key) and self._pieces.awaited(key)

    def _store_result(self, worker: str, message: Stored) -> None:
        """Queue a result for storing, unless another worker was faster or the run failed."""
        run = self._runs[message.entry.key]
        if not self._awaited(run.key):
            return
        self._pieces.arrived(run.key)
        self._tally.stored(worker, run)
        self._writer.hand_over(run, partial(self._write, run, message.entry))

    def _write(self, run: Run, entry: Packed) -> None:
        """Store a received result; called in a writer thread."""
        take_in(self._store, entry)
        self._store.remember(run.name, run.key)
        folder = self._store.base / "training" / run.key
        if run.technique.kind == "job" and folder.is_dir():
            remove(folder)

    def _collect(
        self, written: Iterable[tuple[Run, Exception | None]]
    ) -> Iterator[Finished | Failure]:
        """Report the results that the writer has stored or rejected."""
        for run, error in written:
            if error is None:
                yield self._done(run)
            elif isinstance(error, DamagedEntryError):
                yield from self._failures.fail(Failure(run, str(error), repairable=True))
            else:
                raise error

    def _release(self, key: str) -> None:
        """Release the lock of a run, if held."""
        lock = self._locks.pop(key, None)
        if lock is not None:
            lock.release()

    def _done(self, run: Run, by_other: bool = False) -> Finished:
        self._release(run.key)
        self._pieces.stored(run.key)
        self._progress.run_done()
        return Finished(run, by_other)

    def _close(self, worker: str) -> Iterator[Failure]:
        """Settle a completed order: skip, requeue or fail the runs it has no outcome for."""
        short = worker in self._short
        self._short.discard(worker)
        for run in self._pieces.ended(worker):
            like = self._failures.like(run)
            if like is None and short:
                self._pieces.again(run.key)
            elif like is None:
                cause = f"{self._crew.place(worker)} did not report its outcome"
                yield from self._failures.fail(Failure(run, cause, repairable=True))
            elif self._pending(run.key):
                yield from self._failures.give_up(run, like)
        self._tally.settle(worker)

    def _replace(self, worker: str, lost: Lost) -> Iterator[Failure]:
        """Requeue the runs of a lost worker."""
        self._short.discard(worker)
        had = self._pieces.undone(worker)
        given_up = self._pieces.lost(worker, lost.blamed)
        self._tally.settle(worker)
        back = f"; others take its {counted(had, 'run')}" if had else ""
        self._progress.note(f"lost: {self._crew.place(worker)}, {lost.why}{back}")
        for run in given_up:
            cause = f"{TRIES} workers were lost while they ran it; the last: {lost.why}"
            yield from self._failures.fail(Failure(run, cause))

"""Runs what has to run: programs together in shared batches, jobs one at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence, Set
from dataclasses import replace

from fwd_report.engine.failures import Failure, failure_of
from fwd_report.engine.follower import Follower
from fwd_report.engine.jobs import news_of, program_of, run_job, warn_of_numbers
from fwd_report.engine.live import Live
from fwd_report.engine.programs import Programs
from fwd_report.engine.turns import Turns
from fwd_report.engine.workbench import Workbench
from fwd_report.engine.writer import Writer
from fwd_report.plan.rates import cost_class
from fwd_report.plan.run import Run
from fwd_report.plugins.problems import as_exception
from fwd_report.recording.exchange import Exchange
from fwd_report.store.locks import POLL, Lock
from fwd_report.store.store import Store

LIVE_BATCHES = 2
"""Programs are started until their queries could fill this many batches of the largest size."""


class Engine:
    """Executes runs.

    A result is stored as soon as it is available; a failure stops the build, or only its experiment
    (`keep_going`).
    """

    def __init__(
        self,
        store: Store,
        workbench: Workbench,
        progress: Follower,
        keep_going: bool = False,
        forced: Set[str] = frozenset(),
    ) -> None:
        """forced: keys to run although they are stored; the new result then replaces the old."""
        self._forced = forced
        self._store = store
        self._workbench = workbench
        self._progress = progress
        self._keep_going = keep_going
        self._waiting: dict[str, Run] = {}
        self._programs = Programs(workbench, progress, self._write, self._give_up)
        self._writer: Writer[Live] = Writer(LIVE_BATCHES * workbench.machine.batch)
        self.finished: set[str] = set()
        """Keys of the runs whose results are in the store and valid."""
        self.others: set[str] = set()
        """Keys of those among them that other builds stored in the meantime."""
        self._failures: list[Failure] = []
        self._failed: dict[str, Failure] = {}
        """The runs, by key, that failed or were abandoned because another failed."""
        self._pending: set[str] = set()
        """Keys of the runs that are waiting or live."""
        self._turns = Turns(())
        self._started = 0

    def run(self, runs: Sequence[Run]) -> tuple[Failure, ...]:
        """Run every run whose key is not stored, after those it needs; return the failures.

        runs: in an order in which every run comes after those it needs.
        """
        self._waiting = {run.key: run for run in runs}
        self._pending = set(self._waiting)
        self._turns = Turns(runs)
        self._store.sweep()
        self._workbench.models.prepare(self._waiting.values())
        try:
            while (self._waiting or self._programs or self._writer.busy) and (
                self._keep_going or not self._stopped()
            ):
                self._written(self._writer.collect())
                started = self._start_programs()
                if self._programs:
                    self._writer.next_batch()
                    self._programs.answer_a_batch()
                elif self._writer.busy:
                    self._written(self._writer.collect(patience=None))
                elif not (started or self._run_a_job()):
                    time.sleep(POLL)
        finally:
            given_up = self._programs.close()
            self._written(self._writer.close())
            for live in given_up:
                live.lock.release()
        return tuple(self._failures)

    def _stopped(self) -> bool:
        """Whether a run failed; one that met a damaged result is only postponed."""
        return any(not failure.repairable for failure in self._failures)

    def _start_programs(self) -> bool:
        """Start programs while there is room for their queries; whether any run changed its
        state.
        """
        changed = False
        for run in list(self._waiting.values()):
            if self._programs.waiting >= LIVE_BATCHES * self._workbench.machine.batch:
                break
            startable = run.technique.kind == "program" or bool(self._failed_needs(run))
            if startable and run.key in self._waiting:
                changed |= self._start(run)
        return changed

    def _run_a_job(self) -> bool:
        jobs = [run for run in self._waiting.values() if run.technique.kind == "job"]
        return any(self._start(run) for run in jobs)

    def _failed_needs(self, run: Run) -> list[Run]:
        return [need for need in _needs(run) if need.key in self._failed]

    def _start(self, run: Run) -> bool:
        """Start a run if it can start now; whether it left the waiting list."""
        if broken := self._failed_needs(run):
            del self._waiting[run.key]
            why = self._failed[broken[0].key]
            cause = f"it needs {broken[0].name}, which {'waits' if why.repairable else 'failed'}"
            self._fail(run, cause, like=why)
            return True
        if any(need.key in self._pending for need in _needs(run)):
            return False
        if self._turns.early(run, self._pending):
            return False
        gone = [need for need in _needs(run) if not self._store.has(need.key)]
        if gone:
            del self._waiting[run.key]
            self._fail(run, f"the result of {gone[0].name} is gone; build again")
            return True
        lock = self._store.lock(run.key)
        if not lock.acquire():
            if not self._programs:
                who = self._store.locks.explain(run.key, f"runs {run.name}")
                self._progress.working_on(f"waiting for {who}")
            return False
        del self._waiting[run.key]
        if self._store.has(run.key) and run.key not in self._forced:
            self.others.add(run.key)
            self._progress.skip(cost_class(run), run.network_steps)
            self._done(run, lock)
        elif run.technique.kind == "job":
            self._run_job(run, lock)
        else:
            self._start_program(run, lock)
        return True

    def _start_program(self, run: Run, lock: Lock) -> None:
        try:
            context = self._workbench.contexts.of(run, news=news_of(run, self._progress))
            program = program_of(run, context)
        except BaseException as error:
            self._fail(run, _failed(error, lock), lock)
            return
        self._started += 1
        noise, value_range = context.noise, context.value_range
        exchange, model = Exchange(program), context.model
        live = Live(self._started, run, exchange, lock, noise, value_range, model, program)
        self._programs.start(live)

    def _run_job(self, run: Run, lock: Lock) -> None:
        self._progress.working_on(run.name)
        self._programs.pause()
        try:
            run_job(run, self._store, self._workbench, self._progress)
        except BaseException as error:
            self._fail(run, _failed(error, lock), lock)
            return
        self._done(run, lock)

    def _write(self, live: Live) -> None:
        """Queue the result of a program for writing."""
        self._writer.hand_over(live, lambda: self._store_result(live))

    def _store_result(self, live: Live) -> None:
        result, value_range = live.exchange.result, live.value_range
        store = self._workbench.recorder.store
        seconds, steps = live.seconds, live.network_steps
        store(live.run, result, value_range, seconds, steps, draws=live.draws)

    def _written(self, results: Sequence[tuple[Live, Exception | None]]) -> None:
        """Count what was written, and what could not be."""
        for live, error in results:
            if error is not None:
                self._fail(live.run, error, live.lock)
                continue
            run = live.run
            warn_of_numbers(run, live.exchange.result, self._progress)
            self._progress.skip(cost_class(run), run.network_steps - live.network_steps)
            self._done(run, live.lock)

    def _done(self, run: Run, lock: Lock) -> None:
        lock.release()
        self._pending.discard(run.key)
        self.finished.add(run.key)
        self._progress.run_done()

    def _give_up(self, live: Live, error: Exception) -> None:
        self._fail(live.run, error, live.lock)

    def _fail(
        self,
        run: Run,
        error: Exception | str,
        lock: Lock | None = None,
        like: Failure | None = None,
    ) -> None:
        """Record a failure, and stop the rest of its experiment.

        like: the failure that this one follows from, of the same kind. A run that met a damaged
        result is run again soon, and its siblings continue.
        """
        if lock is not None:
            lock.release()
        if isinstance(error, str):
            failure = Failure(run, error)
        else:
            failure = failure_of(run, error, self._workbench.recorder.log)
        if like is not None:
            failure = replace(failure, repairable=like.repairable, wrong_input=like.wrong_input)
        self._failures.append(failure)
        self._failed[run.key] = failure
        self._pending.discard(run.key)
        what = "put off" if failure.repairable else "failed"
        place = self._workbench.recorder.place(run)
        self._progress.failed(f"{what}: {run.name} ({place}): {failure.cause}")
        if failure.repairable:
            return
        siblings = [
            other
            for other in self._waiting.values()
            if (other.section, other.experiment) == (run.section, run.experiment)
        ]
        for other in siblings:
            del self._waiting[other.key]
            self._pending.discard(other.key)
            self._failed[other.key] = failure
            self._progress.skip(cost_class(other), other.network_steps)


def _failed(error: BaseException, lock: Lock) -> Exception:
    """What a run failed with; Ctrl-C is raised again, and leaves the lock to the next build."""
    try:
        return as_exception(error)
    except BaseException:
        lock.release()
        raise


def _needs(run: Run) -> list[Run]:
    return [need for group in run.needs.values() for need in group]

"""Runs what has to run: programs together in shared batches, jobs one at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from fwd_report.diffusion.program import Query
from fwd_report.engine.batching import Batcher
from fwd_report.engine.failures import Failure, failure_of
from fwd_report.engine.jobs import news_of, program_of, run_job
from fwd_report.engine.progress import Progress
from fwd_report.engine.turns import Turns
from fwd_report.engine.workbench import Workbench
from fwd_report.plan.rates import cost_class
from fwd_report.plan.run import Run
from fwd_report.recording.exchange import Exchange
from fwd_report.store.locks import POLL, Lock
from fwd_report.store.store import Store
from fwd_report.techniques.base import Result

LIVE_BATCHES = 2
"""Programs are started until their queries could fill this many of the largest batches."""


@dataclass(eq=False)
class _Live:
    """A started program, and what it has cost."""

    order: int
    run: Run
    exchange: Exchange
    lock: Lock
    value_range: tuple[float, float]
    network_steps: int = 0
    seconds: float = 0.0


class Engine:
    """Runs runs. Results go to the store as each is done; a failure stops its experiment alone
    (`keep_going`) or the build.
    """

    def __init__(
        self,
        store: Store,
        workbench: Workbench,
        progress: Progress,
        keep_going: bool = False,
        forced: Set[str] = frozenset(),
    ) -> None:
        """forced: keys to run although they are stored; the new result then replaces the old."""
        self._forced = forced
        self._store = store
        self._workbench = workbench
        self._progress = progress
        self._keep_going = keep_going
        self._batchers: dict[str, Batcher] = {}
        self._broken: dict[str, Exception] = {}
        self._waiting: dict[str, Run] = {}
        self._live: list[_Live] = []
        self.finished: set[str] = set()
        """Keys of the runs whose results are in the store as they should be."""
        self.others: set[str] = set()
        """Keys of those of them that other builds made meanwhile."""
        self._failures: list[Failure] = []
        self._failed: dict[str, Failure] = {}
        """By the key of each run that failed, or was given up for another's failure."""
        self._pending: set[str] = set()
        """Keys of the runs that wait or live."""
        self._turns = Turns(())
        self._started = 0
        self._since: float | None = None
        """When the last batch was counted: a rate includes what happens between batches."""

    def run(self, runs: Sequence[Run]) -> tuple[Failure, ...]:
        """Run every run whose key is not stored, needs first; return what failed.

        runs: in an order in which every run comes after those it needs.
        """
        self._waiting = {run.key: run for run in runs}
        self._pending = set(self._waiting)
        self._turns = Turns(runs)
        self._store.sweep()
        self._workbench.prepare(self._waiting.values())
        try:
            while (self._waiting or self._live) and (self._keep_going or not self._stopped()):
                if not (self._start_programs() or self._live or self._run_a_job()):
                    time.sleep(POLL)
                if self._live:
                    self._answer_a_batch()
        finally:
            for live in self._live:
                live.lock.release()
        return tuple(self._failures)

    def _stopped(self) -> bool:
        """Whether a run failed; one that met a damaged result is only put off."""
        return any(not failure.repairable for failure in self._failures)

    def _start_programs(self) -> bool:
        """Start programs while there is room for their queries; whether any changed state."""
        changed = False
        for run in list(self._waiting.values()):
            if (
                sum(len(live.exchange.asked) for live in self._live)
                >= LIVE_BATCHES * self._workbench.batch
            ):
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
        """Begin a run if it can begin now; whether it left the waiting list."""
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
            if not self._live:
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
            context = self._workbench.context(run, news=news_of(run, self._progress))
            program = program_of(run, context)
        except Exception as error:
            self._fail(run, error, lock)
            return
        self._started += 1
        live = _Live(self._started, run, Exchange(program), lock, context.value_range)
        self._live.append(live)
        self._advance(live, live.exchange.start)

    def _run_job(self, run: Run, lock: Lock) -> None:
        self._progress.working_on(run.name)
        self._since = None
        try:
            run_job(run, self._store, self._workbench, self._progress)
        except Exception as error:
            self._fail(run, error, lock)
            return
        self._done(run, lock)

    def _answer_a_batch(self) -> None:
        """Answer one batch: of the largest group of like queries, those of the oldest runs."""
        groups: dict[Any, list[tuple[_Live, int, Query]]] = {}
        for live in self._live:
            for place, query in live.exchange.unanswered():
                signature = self._batcher(query.model).evaluator.signature(query)
                groups.setdefault((query.model, signature), []).append((live, place, query))
        self._since = self._since or time.monotonic()
        (model, _), group = max(groups.items(), key=lambda item: len(item[1]))
        batcher = self._batcher(model)
        batch = group[: batcher.limit]
        self._progress.working_on(batch[0][0].run.name)
        began = time.monotonic()
        answers = batcher.answer([query for _, _, query in batch])
        seconds = time.monotonic() - began
        for (live, place, _), answer in zip(batch, answers, strict=True):
            live.network_steps += 1
            live.seconds += seconds / len(batch)
            if live not in self._live:
                continue
            if isinstance(answer, Exception):
                self._drop(live, answer)
            else:
                live.exchange.answer(place, answer)
        now = time.monotonic()
        self._progress.advance(cost_class(batch[0][0].run), len(batch), now - self._since)
        self._since = now
        for live in list(self._live):
            self._advance(live, live.exchange.go_on)

    def _batcher(self, model: str) -> Batcher:
        """The batcher of a model, loaded when it is first asked.

        Raises what its loading raised, again at each asking.
        """
        if model in self._broken:
            raise self._broken[model]
        if model not in self._batchers:
            self._progress.working_on("loading a model")
            self._since = None
            try:
                evaluator = self._workbench.evaluator(model)
            except Exception as error:
                self._broken[model] = error
                raise
            most = self._workbench.batch
            most = min(most, getattr(evaluator, "foreseen", None) or most)
            self._batchers[model] = Batcher(evaluator, most)
        return self._batchers[model]

    def _advance(self, live: _Live, step: Callable[[], bool]) -> None:
        """Take a program to its next questions or its result, by a step that says if it did."""
        try:
            if not step():
                return
            for query in live.exchange.asked:
                self._batcher(query.model)
        except Exception as error:
            self._drop(live, error)
            return
        if live.exchange.done:
            self._finish(live, live.exchange.result)

    def _finish(self, live: _Live, result: Result) -> None:
        self._live.remove(live)
        run = live.run
        try:
            self._workbench.store(run, result, live.value_range, live.seconds, live.network_steps)
        except Exception as error:
            self._fail(run, error, live.lock)
            return
        self._progress.skip(cost_class(run), run.network_steps - live.network_steps)
        self._done(run, live.lock)

    def _done(self, run: Run, lock: Lock) -> None:
        lock.release()
        self._pending.discard(run.key)
        self.finished.add(run.key)
        self._progress.run_done()

    def _drop(self, live: _Live, error: Exception) -> None:
        self._live.remove(live)
        self._fail(live.run, error, live.lock)

    def _fail(
        self,
        run: Run,
        error: Exception | str,
        lock: Lock | None = None,
        like: Failure | None = None,
    ) -> None:
        """Record a failure, and stop the rest of its experiment.

        like: the failure that this one follows from, of the same kind. What met a damaged result
        is run again soon, and its siblings go on.
        """
        if lock is not None:
            lock.release()
        if isinstance(error, str):
            failure = Failure(run, error)
        else:
            failure = failure_of(run, error, self._workbench.log)
        if like is not None:
            failure = replace(failure, repairable=like.repairable, wrong_input=like.wrong_input)
        self._failures.append(failure)
        self._failed[run.key] = failure
        self._pending.discard(run.key)
        what = "put off" if failure.repairable else "failed"
        self._progress.note(f"{what}: {run.name} ({self._workbench.place(run)}): {failure.cause}")
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


def _needs(run: Run) -> list[Run]:
    needs: Mapping[str, tuple[Run, ...]] = run.needs
    return [need for group in needs.values() for need in group]

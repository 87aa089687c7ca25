"""A crew whose workers are in the tests' own process: real ones, without a cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from fwd_report.build import Options, load_plan
from fwd_report.engine.failures import Failure
from fwd_report.engine.progress import Progress
from fwd_report.executors.contract import Finished, Work
from fwd_report.executors.encodings import keep, recalled
from fwd_report.executors.foreman import Foreman
from fwd_report.executors.messages import Message, Order, Stored
from fwd_report.executors.packing import packed
from fwd_report.executors.project_copy import copy_of
from fwd_report.executors.worker import Worker
from fwd_report.executors.workers import Ended, Lost
from fwd_report.plan.rates import Rates, steps_by_cost
from fwd_report.plan.run import distinct

Hearing = Callable[[str, Sequence[Message]], "Sequence[Message] | Lost"]
"""What the driver hears of what a worker says; Lost: the worker ends at this moment."""


def everything(name: str, messages: Sequence[Message]) -> Sequence[Message]:
    """All is heard as it is said."""
    return messages


class CrewInProcess:
    """So many workers, each with its own copy of the project; lost ones are replaced.

    One works at a time: what loads a model patches torch for the whole process.
    """

    fill = 2

    def __init__(self, work: Work, workers: int = 2, hearing: Hearing = everything) -> None:
        self.size = workers
        self.orders: list[tuple[str, Order]] = []
        self._work = work
        self._hearing = hearing
        self._count = 0
        self._encodings: dict[str, bytes] | None = None
        self._workers: dict[str, Worker] = {}
        self._busy: dict[str, Iterator[Sequence[Message]]] = {}
        self._has: dict[str, set[str]] = {}

    def idle(self) -> list[str]:
        while len(self._workers) < self.size:
            self._start()
        return [name for name in self._workers if name not in self._busy]

    def give(self, worker: str, order: Order, needs: Sequence[str]) -> None:
        self.orders.append((worker, order))
        sent = [key for key in needs if key not in self._has[worker]]
        self._has[worker] |= set(sent)
        entries = [packed(self._work.store, key) for key in sent]
        self._busy[worker] = self._workers[worker].work(order, *entries)

    def hear(self, seconds: float) -> Iterator[tuple[str, Sequence[Message] | Ended | Lost]]:
        if not self._busy:
            time.sleep(min(seconds, 0.05))
        for name, stream in list(self._busy.items())[:1]:
            messages = next(stream, None)
            if messages is None:
                del self._busy[name]
                yield name, Ended()
                continue
            self._has[name] |= {each.entry.key for each in messages if isinstance(each, Stored)}
            heard = self._hearing(name, messages)
            if isinstance(heard, Lost):
                del self._busy[name]
                for _ in stream:
                    """It ends, unheard: a thread cannot be killed."""
                self._workers.pop(name).close()
            yield name, heard

    def place(self, worker: str) -> str:
        return f"worker {worker}"

    def close(self) -> None:
        for worker in self._workers.values():
            worker.close()

    def _start(self) -> None:
        self._count += 1
        worker = Worker(1)
        work = self._work
        assert worker.lay_out(copy_of(work.plan, work.store, work.overrides, {"commit": "c"})) == []
        ready = worker.open({run.name: run.key for run in work.runs})
        assert ready.unknown == []
        known = recalled(work.store.memory, ready) if self._encodings is None else self._encodings
        self._encodings = worker.encoded(known)
        keep(work.store.memory, ready, self._encodings)
        name = str(self._count)
        self._workers[name], self._has[name] = worker, set()


def work_of(root: Path, options: Options | None = None) -> Work:
    """What a build has to run."""
    options = options or Options()
    plan, store = load_plan(root, options)
    due = [run for run in plan.runs if run.status != "fresh" or options.force]
    forced = frozenset(run.key for run in due) if options.force else frozenset()
    return Work(plan, store, distinct(due), options.keep_going, forced, options.overrides)


def run_by(crew: CrewInProcess, work: Work) -> list[Finished | Failure]:
    """Each run's outcome, in the order it became known."""
    rates = Rates(work.store.base)
    try:
        with Progress(steps_by_cost(work.runs), len(work.runs), rates) as progress:
            return list(Foreman(work, crew, progress, rates).run())
    finally:
        crew.close()

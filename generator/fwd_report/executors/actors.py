"""Workers as Ray actors: one per GPU, or one per few CPU cores."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fwd_report.engine.failures import is_out_of_memory
from fwd_report.errors import RunError, UserError, counted
from fwd_report.executors.means import Means, resources
from fwd_report.executors.messages import Message, Order, Packed, Ready, Stored
from fwd_report.executors.project_copy import ProjectCopy
from fwd_report.executors.remembered_prompts import keep, recalled
from fwd_report.executors.worker import Worker
from fwd_report.executors.workers import Ended, Lost
from fwd_report.plan.keys import differences
from fwd_report.plan.run import Run
from fwd_report.store.memory import Memory

LOOK_EVERY = 5.0
"""Seconds between checks for new nodes in the cluster."""
SAY_AFTER = 30.0
"""Seconds without any worker before the user is told."""
FALSE_STARTS = 3
"""Consecutive workers lost during startup before the build ends."""
PATIENCE = 0.7
"""Seconds that workers have to delete their folders at the end: see `stopping.GRACE`."""


@dataclass(eq=False)
class _Member:
    """A worker. waits: the pending remote call. then: called with its result."""

    name: str
    actor: Any
    waits: Any = None
    then: Callable[[_Member, Any], None] | None = None
    ready: Ready | None = None
    working: bool = False
    has: set[str] = field(default_factory=set)
    """Keys of the results in its store: received from the driver, or made by it."""


class RayCrew:
    """A crew of Ray actors. Replaces lost workers, and adds workers when the cluster grows.

    pack: packs a stored result, by key. runs: the runs of this build. say: shows a status line.
    memory: caches encoded prompts across builds.
    """

    def __init__(
        self,
        ray: Any,
        means: Means,
        copy: ProjectCopy,
        runs: Sequence[Run],
        pack: Callable[[str], Packed],
        say: Callable[[str], None],
        memory: Memory,
    ) -> None:
        self._ray = ray
        self._means = means
        self._copy = copy
        self._runs = {run.name: run for run in runs}
        self._pack = pack
        self._say = say
        self._memory = memory
        self._members: dict[str, _Member] = {}
        self._heard: deque[tuple[str, Sequence[Message] | Ended | Lost]] = deque()
        self._count = 0
        self._false_starts = 0
        self._looked = 0.0
        self._began = time.monotonic()
        self._copy_ref = ray.put(copy)
        self._wanted_ref = ray.put({run.name: run.key for run in runs})
        self._large: dict[str, Any] = {}
        self._entries: dict[str, Any] = {}
        self._encodings: dict[str, Any] = {}
        """By device type: the pending result of the worker that encodes the prompts for all."""
        self._places: dict[str, str] = {}
        self._too_many = 0
        """Workers that the cluster has cores or GPUs for, but too little memory."""
        self._recruit()

    @property
    def size(self) -> int:
        return max(1, len(self._members))

    @property
    def fill(self) -> int:
        return max((m.ready.fill for m in self._members.values() if m.ready), default=16)

    def idle(self) -> list[str]:
        return [
            member.name
            for member in self._members.values()
            if member.ready is not None and member.waits is None
        ]

    def place(self, worker: str) -> str:
        return self._places.get(worker, f"worker {worker}")

    def give(self, worker: str, order: Order, needs: Sequence[str]) -> None:
        member = self._members[worker]
        sent = [key for key in needs if key not in member.has]
        for key in sent:
            if key not in self._entries:
                self._entries[key] = self._ray.put(self._pack(key))
        member.has |= set(sent)
        work = member.actor.work.options(num_returns="streaming")
        self._ask(member, work.remote(order, *(self._entries[key] for key in sent)), None)
        member.working = True

    def hear(self, seconds: float) -> Iterator[tuple[str, Sequence[Message] | Ended | Lost]]:
        self._recruit()
        waits = {member.waits: member for member in self._members.values() if member.waits}
        if waits:
            ready, _ = self._ray.wait(list(waits), num_returns=1, timeout=seconds)
            if len(waits) > 1:
                ready, _ = self._ray.wait(list(waits), num_returns=len(waits), timeout=0)
            for each in ready:
                self._answer(waits[each])
        else:
            time.sleep(seconds)
        while self._heard:
            yield self._heard.popleft()

    def close(self) -> None:
        """Stop every worker, and let those that still answer delete their folders."""
        leaving = [member.actor.close.remote() for member in self._members.values() if member.ready]
        if leaving:
            self._ray.wait(leaving, num_returns=len(leaving), timeout=PATIENCE)
        for member in self._members.values():
            self._ray.kill(member.actor)

    def _recruit(self) -> None:
        """Start missing workers."""
        now = time.monotonic()
        if not any(m.ready for m in self._members.values()) and now - self._began > SAY_AFTER:
            self._say("waiting for the cluster to start a worker")
        if now - self._looked < LOOK_EVERY and self._members:
            return
        self._looked = now
        while len(self._members) < self._wanted():
            self._count += 1
            self._start(str(self._count))

    def _wanted(self) -> int:
        if self._means.workers is not None:
            return max(1, self._means.workers - self._too_many)
        return max(1, sum(map(self._means.fit, resources(self._ray))) - self._too_many)

    def _start(self, name: str) -> None:
        actor = self._ray.remote(Worker).options(
            num_cpus=self._means.cores,
            num_gpus=1 if self._means.gpu else 0,
            max_restarts=0,
            max_task_retries=0,
            max_concurrency=2,  # so that `close` can be called during `work`
        )
        beside = self._means.together(resources(self._ray))
        member = _Member(name, actor.remote(self._means.cores, beside))
        self._members[name] = member
        self._ask(member, member.actor.lay_out.remote(self._copy_ref), self._laid_out)

    def _ask(
        self, member: _Member, waits: Any, then: Callable[[_Member, Any], None] | None
    ) -> None:
        member.waits, member.then = waits, then

    def _answer(self, member: _Member) -> None:
        """Handle the result of a worker's pending call. Reraises the worker's exception."""
        errors = self._ray.exceptions
        try:
            if member.working:
                self._go_on(member)
                return
            answer = self._ray.get(member.waits)
        except errors.RayTaskError as error:
            if not is_out_of_memory(error.cause):
                raise error.cause from None
            self._ray.kill(member.actor)
            self._lose(member, "it ran out of memory", True)
            return
        except errors.RayError as error:
            self._lose(member, *self._why(member, error))
            return
        then, member.waits, member.then = member.then, None, None
        assert then is not None
        then(member, answer)

    def _go_on(self, member: _Member) -> None:
        try:
            messages = self._ray.get(next(member.waits))
        except StopIteration:
            member.waits, member.working = None, False
            self._heard.append((member.name, Ended()))
            return
        member.has |= {each.entry.key for each in messages if isinstance(each, Stored)}
        self._heard.append((member.name, messages))

    def _laid_out(self, member: _Member, missing: Sequence[str]) -> None:
        """Send the large files that the node is missing, one at a time, then open the project."""
        if not missing:
            self._ask(member, member.actor.open.remote(self._wanted_ref), self._opened)
            return
        first, *rest = missing
        if first not in self._large:
            with open(self._copy.large[first].path, "rb") as file:
                self._large[first] = self._ray.put(file.read())
        added = member.actor.add.remote(first, self._large[first])
        self._ask(member, added, lambda same, _: self._laid_out(same, rest))

    def _opened(self, member: _Member, ready: Ready) -> None:
        self._places[member.name] = f"worker {member.name} on {ready.place}"
        if ready.unknown:
            names = ready.unknown[:1]
            parts = member.actor.parts.remote(names)
            self._ask(member, parts, lambda _, found: self._refuse(ready, names[0], found))
            return
        kind = ready.device.partition(":")[0]
        known = self._encodings.get(kind)
        first = known is None
        answer = member.actor.encoded.remote(recalled(self._memory, ready) if first else known)
        if first:
            self._encodings[kind] = answer
        self._ask(
            member, answer, lambda same, made: self._begin(same, ready, made if first else {})
        )

    def _begin(self, member: _Member, ready: Ready, encoded: Mapping[str, bytes]) -> None:
        """Mark a worker ready. encoded: the prompts, if this worker encoded them for all."""
        keep(self._memory, ready, encoded)
        member.ready = ready
        self._false_starts = 0

    def _refuse(self, ready: Ready, name: str, found: Mapping[str, Mapping[str, Any]]) -> None:
        """Raise UserError: a node computes different keys, so its results would differ."""
        differ = "it has no such run"
        if name in found:
            differ = "; ".join(differences(self._runs[name].parts, found[name])[:5])
        raise UserError(
            f"{ready.place} computes different keys, for example for {name}: {differ}",
            hint="install the same versions of fwd-report, plug-ins and models on every node",
        )

    def _lose(self, member: _Member, why: str, blamed: bool) -> None:
        """Remove a lost worker, to be replaced. blamed: its runs may be the cause."""
        del self._members[member.name]
        self._looked = 0.0
        kind = member.ready.device.partition(":")[0] if member.ready else None
        for device, answer in list(self._encodings.items()):
            if answer is member.waits or device == kind:
                del self._encodings[device]
        if member.ready is None:
            self._false_starts += 1
            if self._false_starts >= FALSE_STARTS:
                raise RunError(f"{FALSE_STARTS} workers in a row ended during startup: {why}")
        self._heard.append((member.name, Lost(why, blamed)))

    def _why(self, member: _Member, error: Exception) -> tuple[str, bool]:
        """Why a worker was lost, for a message, and whether its runs may be the cause.

        Ray kills a worker when its node is almost out of memory. If the node has other workers,
        it goes on with one fewer.
        """
        said = " ".join(str(error).split())
        if type(error).__name__ == "OutOfMemoryError" or "running low on memory" in said:
            beside = [other for other in self._members.values() if _together(member, other)]
            self._too_many += bool(beside)
            fewer = f", which goes on with {counted(len(beside), 'worker')}" if beside else ""
            return f"its node ran out of memory{fewer}", not beside
        if type(error).__name__ == "NodeDiedError" or "The actor died because its node" in said:
            return "its node left the cluster", False
        return "its process ended", True


def _together(one: _Member, other: _Member) -> bool:
    """Whether two workers share a node."""
    if one is other or one.ready is None or other.ready is None:
        return False
    return one.ready.place == other.ready.place

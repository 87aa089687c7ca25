"""The driver of many workers: 100,000 runs over 64, simulated, and what the driver adds to them.

python bench/scale.py [--runs 100000] [--workers 64] [--seconds 4] [--folder DIR]

The plan, the queue, the locks and the store are the real ones, and so is every result that
arrives: a picture under a manifest of its own, verified and stored. Only the workers are not
there. A worker "sleeps" for what a run takes, and its sleep is skipped: the clock is what the
driver needed plus what was skipped, so all that the driver does while workers could work counts,
and what they would need to make and pack results does not. Smaller numbers of runs come first: the
cost of one should stay as it is.
"""

from __future__ import annotations

import argparse
import hashlib
import heapq
import io
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from PIL import Image

from fwd_report.engine.progress import Progress
from fwd_report.executors.contract import Work
from fwd_report.executors.foreman import LISTEN, Foreman
from fwd_report.executors.messages import Made, Message, Order, Packed, Stored
from fwd_report.executors.workers import Ended, Lost
from fwd_report.plan.plan import make_plan
from fwd_report.plan.rates import Rates, cost_class, steps_by_cost
from fwd_report.plan.run import Run
from fwd_report.spec.load import load_project
from fwd_report.store.files import json_text
from fwd_report.store.manifest import Manifest
from fwd_report.store.store import Store

REPORT = "title: Very many runs\n"
SECTION = """\
title: Many
experiments:
  - {{id: a, technique: sample, prompt: a photo of a dog, samples: {0}, steps: 20, caption: A.}}
  - {{id: b, technique: hybrid, low: a skull, high: waterfalls, samples: {0}, caption: B.}}
  - {{id: c, technique: anagram, prompt: a skull, flipped: a dog, samples: {0}, caption: C.}}
  - {{id: d, technique: sample, prompt: a photo of a cat, samples: {0}, steps: 10, caption: D.}}
"""


class Clock:
    """The time that the driver sees: it stands still while results are made up."""

    def __init__(self) -> None:
        self.skipped = 0.0

    def now(self) -> float:
        return time.monotonic() + self.skipped


class SimulatedCrew:
    """Workers that sleep, and end runs by batches. price: seconds a step of a cost class."""

    fill = 64

    def __init__(
        self, runs: Sequence[Run], workers: int, price: Callable[[str], float], clock: Clock
    ) -> None:
        self.size = workers
        self.clock = clock
        self.waited: list[float] = []
        """Seconds a worker had nothing to do before each of its pieces."""
        self.made_up = 0.0
        """Processor seconds that making up results took."""
        self._runs = {run.key: run for run in runs}
        self._price = price
        self._idle = {str(number): clock.now() for number in range(workers)}
        self._events: list[tuple[float, int, str, tuple[str, ...]]] = []
        self._count = 0
        picture = io.BytesIO()
        Image.effect_noise((64, 64), 40).convert("RGB").save(picture, "PNG")
        self._picture = picture.getvalue()

    @property
    def ideal(self) -> float:
        """Seconds that all runs take where every worker works all the time."""
        return sum(map(self._seconds, self._runs.values())) / self.size

    def idle(self) -> list[str]:
        return list(self._idle)

    def give(self, worker: str, order: Order, needs: Sequence[str]) -> None:
        now = self.clock.now()
        self.waited.append(now - self._idle.pop(worker))
        for start in range(0, len(order.runs), self.fill):
            keys = tuple(order.runs[start : start + self.fill])
            now += sum(self._seconds(self._runs[key]) for key in keys)
            self._schedule(now, worker, keys)
        self._schedule(now, worker, ())

    def hear(self, seconds: float) -> Iterator[tuple[str, Sequence[Message] | Ended | Lost]]:
        rest = self._events[0][0] - self.clock.now() if self._events else seconds
        if seconds < LISTEN:  # results are being stored, which takes its own time
            time.sleep(max(0.0, min(seconds, rest)))
        else:
            self.clock.skipped += max(0.0, rest)
        while self._events and self._events[0][0] <= self.clock.now():
            began, computed = time.monotonic(), time.thread_time()
            at, _, worker, keys = heapq.heappop(self._events)
            messages = [message for key in keys for message in self._result(key)]
            self.clock.skipped -= time.monotonic() - began
            self.made_up += time.thread_time() - computed
            if not keys:
                self._idle[worker] = at
            yield worker, messages or Ended()

    def place(self, worker: str) -> str:
        return f"worker {worker}"

    def _seconds(self, run: Run) -> float:
        return run.network_steps * self._price(cost_class(run))

    def _schedule(self, at: float, worker: str, keys: tuple[str, ...]) -> None:
        self._count += 1
        heapq.heappush(self._events, (at, self._count, worker, keys))

    def _result(self, key: str) -> Iterator[Message]:
        """What a worker says of a run: its steps, and its result."""
        run = self._runs[key]
        yield Made(cost_class(run), run.network_steps, self._seconds(run))
        digest = hashlib.sha256(self._picture).hexdigest()
        files = {"image.png": {"sha256": digest, "size": len(self._picture)}}
        manifest = Manifest(key=key, parts=run.parts, files=files, provenance={"run": run.name})
        yield Stored(Packed(key, json_text(manifest.to_json()).encode(), {digest: self._picture}))


def measured(count: int, workers: int, seconds: float, folder: str | None) -> None:
    """Run so many simulated runs; print a line of the table."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        root = Path(name)
        (root / "experiments").mkdir()
        (root / "experiments" / "report.yaml").write_text(REPORT)
        (root / "experiments" / "many.yaml").write_text(SECTION.format(count // 4))
        store = Store(root)
        plan = make_plan(load_project(root), store)
        planned = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        clock = Clock()
        price = seconds * count / sum(run.network_steps for run in plan.runs)
        crew = SimulatedCrew(plan.runs, workers, lambda cost: price, clock)
        rates = Rates(store.base)
        work = Work(plan, store, plan.runs)
        began, computed = clock.now(), time.process_time()
        with Progress(steps_by_cost(plan.runs), len(plan.runs), rates) as progress:
            done = sum(1 for _ in Foreman(work, crew, progress, rates, clock.now).run())
        took = clock.now() - began
        computed = time.process_time() - computed - crew.made_up
        assert done == len(plan.runs)
        assert len(store.places()) == done
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{done:>9,} runs  {took:9.1f} s of {crew.ideal:9.1f} s ideal: {crew.ideal / took:6.1%}"
        f"  driver {1000 * computed / done:5.2f} ms of processor a run"
        f"  idle before a piece {statistics.median(crew.waited):6.3f} s (median)"
        f"  {len(crew.waited):,} pieces  memory {planned:,.0f} → {memory:,.0f} MB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=4.0, help="that a run takes a worker")
    parser.add_argument("--folder", help="where the stores lie: a disk, or memory")
    given = parser.parse_args()
    for share in (16, 4, 1):
        measured(given.runs // share, given.workers, given.seconds, given.folder)


if __name__ == "__main__":
    main()

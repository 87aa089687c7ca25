"""How long a network step takes: measured while building, and kept for the next estimate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, log
from pathlib import Path

from fwd_report.errors import counted
from fwd_report.plan.run import Run
from fwd_report.store.files import read_checked, write_checked

RATES = "rates.json"
MEMORY = 0.9
"""The weight of the build's earlier batches in the running mean of seconds per step."""


FIRST = {"emoji-if stage 1": 0.025, "emoji-if stage 2": 0.09}
"""Seconds per step of the embedded model on two cores, in full batches."""


def cost_class(run: Run) -> str:
    """A name for runs whose steps cost about the same: one model's stage, or one experiment's
    network.
    """
    if run.technique.kind == "job":
        return f"job {run.section}.{run.experiment}"
    if run.model is not None:
        return f"{run.model} stage {run.technique.stage}"
    trained = run.trained
    return f"network {trained.section}.{trained.experiment}" if trained else "no model"


def first_rates(runs: Iterable[Run]) -> dict[str, float]:
    """Seconds per step by cost class, as measured on two cores; none for models that are not
    embedded.
    """
    found: dict[str, float] = {}
    for run in runs:
        cost = cost_class(run)
        rate = FIRST.get(cost)
        if run.technique.kind == "job":
            rate = run.technique.first_rate()
        elif run.model is None and run.trained is not None:
            rate = run.trained.technique.first_rate(asked=True)
        if rate is not None:
            found[cost] = rate
    return found


@dataclass(frozen=True)
class Estimate:
    """How long steps will take: the seconds of those with a known rate, and the classes of the
    rest.

    guessed: whether most of that time is for steps that were never measured here.
    """

    seconds: float
    guessed: bool
    unknown: tuple[str, ...]

    def __str__(self) -> str:
        """Such as `about 40 s, and 5 trainings not measured yet`."""
        known = f"about {duration(self.seconds)}" if self.seconds else ""
        known += " (a first guess)" if known and self.guessed else ""
        jobs = [cost for cost in self.unknown if cost.startswith("job ")]
        rest = [f"steps of {cost}" for cost in self.unknown if cost not in jobs]
        if jobs:
            rest.append(counted(len(jobs), "training"))
        unmeasured = f"{' and '.join(rest)} not measured yet" if rest else ""
        return ", and ".join(filter(None, (known, unmeasured))) or "no time"


class Rates:
    """Seconds per step by cost class: this build's running mean, else the last build's.

    It is kept in the project's `rates.json`. first: initial rates, of a machine with two cores;
    those of classes never measured here are scaled by the ratio of the measured ones.
    """

    def __init__(
        self, base: Path, first: Mapping[str, float] | None = None, file: str = RATES
    ) -> None:
        self._file = base / file
        self._known = read_checked(self._file)
        self._seen: dict[str, float] = {}
        self._first = dict(first or {})

    def observe(self, cost: str, steps: int, seconds: float) -> None:
        """Record that `steps` took `seconds` together."""
        if steps <= 0:
            return
        now = seconds / steps
        before = self._seen.get(cost)
        self._seen[cost] = now if before is None else MEMORY * before + (1 - MEMORY) * now

    def estimate(self, steps: Mapping[str, int]) -> Estimate:
        """How long steps take, by cost class, as far as it is known."""
        seconds, guessed, unknown = 0.0, 0.0, []
        for cost, count in steps.items():
            rate = self.rate(cost)
            if not count:
                continue
            if rate is not None and self._rate(cost) is None:
                guessed += rate * count
            if rate is None:
                unknown.append(cost)
            else:
                seconds += rate * count
        return Estimate(seconds, 2 * guessed > seconds, tuple(unknown))

    def rate(self, cost: str) -> float | None:
        """Seconds a step of that class, measured or a first guess; None where nothing is known."""
        rate = self._rate(cost)
        if rate is None and cost in self._first:
            return self._first[cost] * self._slower()
        return rate

    def _slower(self) -> float:
        """How many times slower this machine is than that of the first rates: a mean ratio."""
        ratios = [
            log(rate / first)
            for cost, first in self._first.items()
            if (rate := self._rate(cost)) is not None and rate > 0
        ]
        return exp(sum(ratios) / len(ratios)) if ratios else 1.0

    def _rate(self, cost: str) -> float | None:
        rate = self._seen.get(cost, self._known.get(cost))
        return rate if isinstance(rate, float) else None

    def save(self) -> None:
        """Save the measured rates."""
        if self._seen:
            write_checked(self._file, {**self._known, **self._seen})


def steps_by_cost(runs: Iterable[Run]) -> dict[str, int]:
    """Network steps of runs, summed by cost class."""
    totals: dict[str, int] = {}
    for run in runs:
        totals[cost_class(run)] = totals.get(cost_class(run), 0) + run.network_steps
    return totals


def duration(seconds: float) -> str:
    """Seconds in readable form: `0.4 s`, `42 s`, `3 min 05 s`, `2 h 10 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"

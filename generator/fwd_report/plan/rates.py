"""How long a model call takes, learnt while building and kept for the next estimate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from fwd_report.plan.run import Run
from fwd_report.store.files import read_cache, write_cache

RATES = "rates.json"
MEMORY = 0.9
"""Weight of the build's past batches in the running mean of seconds a call."""


def cost_class(run: Run) -> str:
    """Runs whose calls cost about the same: one model's stage, or one experiment's network."""
    if run.technique.kind == "job":
        return f"job {run.section}.{run.experiment}"
    if run.model is not None:
        return f"{run.model} stage {run.technique.stage}"
    trained = run.needs.get("model")
    return f"network {trained[0].section}.{trained[0].experiment}" if trained else "no model"


class Rates:
    """Seconds a call by cost class: this build's running mean, else what the last one ended with.

    It is kept in the project's `rates.json`.
    """

    def __init__(self, base: Path) -> None:
        self._file = base / RATES
        self._known = read_cache(self._file)
        self._seen: dict[str, float] = {}

    def observe(self, cost: str, calls: int, seconds: float) -> None:
        """Learn from `calls` calls that took `seconds` together."""
        if calls <= 0:
            return
        now = seconds / calls
        before = self._seen.get(cost)
        self._seen[cost] = now if before is None else MEMORY * before + (1 - MEMORY) * now

    def seconds(self, calls: Mapping[str, int]) -> float | None:
        """Estimated seconds for calls by cost class; None while a class has never been seen."""
        rates = [(self._rate(cost), count) for cost, count in calls.items() if count]
        if any(rate is None for rate, _ in rates):
            return None
        return sum(rate * count for rate, count in rates if rate is not None)

    def seconds_at_least(self, calls: Mapping[str, int]) -> float:
        """Estimated seconds for those of the calls whose class has been seen."""
        return sum((self._rate(cost) or 0.0) * count for cost, count in calls.items())

    def _rate(self, cost: str) -> float | None:
        rate = self._seen.get(cost, self._known.get(cost))
        return rate if isinstance(rate, float) else None

    def save(self) -> None:
        """Keep what was learnt."""
        if self._seen:
            write_cache(self._file, {**self._known, **self._seen})


def calls_by_cost(runs: Iterable[Run]) -> dict[str, int]:
    """Model calls of runs, added up by cost class."""
    totals: dict[str, int] = {}
    for run in runs:
        totals[cost_class(run)] = totals.get(cost_class(run), 0) + run.calls
    return totals


def duration(seconds: float) -> str:
    """Seconds as a person reads them: `0.4 s`, `42 s`, `3 min 05 s`, `2 h 10 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"

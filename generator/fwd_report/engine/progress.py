"""The progress display: network steps done and left in the whole build, a rate, an ETA."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType

from fwd_report.engine.displays import Display, choose_display
from fwd_report.errors import counted
from fwd_report.plan.rates import Rates

RATE_OVER = 5.0
"""The shown rate is averaged over this many seconds."""


class Progress:
    """Counts network steps by cost class, and shows the progress.

    totals: the steps to make, by cost class. The ETA adds up what is left of each class at that
    class's own rate, so it does not jump when a slow model follows a fast one; classes without a
    rate yet are named.
    """

    def __init__(self, totals: Mapping[str, int], runs: int, rates: Rates) -> None:
        self._left = dict(totals)
        self._total = sum(totals.values())
        self._done = 0
        self._runs = runs
        self._runs_done = 0
        self._rates = rates
        self._now = ""
        self._peak = 0
        self._display: Display = choose_display()
        self._mark = time.monotonic()
        self._mark_done = 0
        self._rate = 0.0

    def __enter__(self) -> Progress:
        if self._runs:
            self._display.start(self._line(), self._total)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._runs:
            self._display.stop()
        self._rates.save()

    def advance(self, cost: str, steps: int, seconds: float) -> None:
        """Count `steps` of that class, made in `seconds`."""
        self._rates.observe(cost, steps, seconds)
        self._left[cost] = max(0, self._left.get(cost, 0) - steps)
        self._done += steps
        self._show()

    def skip(self, cost: str, steps: int) -> None:
        """Count `steps` of that class that will not be made after all."""
        self._left[cost] = max(0, self._left.get(cost, 0) - steps)
        self._total -= steps
        self._show()

    def working_on(self, what: str) -> None:
        """Name what is being run."""
        self._now = what
        self._show()

    def held(self, peak: int | None) -> None:
        """So many bytes of memory were held at most until now; None: not known."""
        self._peak = peak or 0

    def run_done(self) -> None:
        """Count one more stored run."""
        self._runs_done += 1
        self._show()

    def note(self, message: str) -> None:
        """Print a line that stays."""
        self._display.note(message)

    def failed(self, message: str) -> None:
        """Print that a run failed."""
        self.note(message)

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._mark >= RATE_OVER:
            self._rate = (self._done - self._mark_done) / (now - self._mark)
            self._mark, self._mark_done = now, self._done
        if self._runs:
            self._display.update(self._line(), self._done, self._total)

    def _line(self) -> str:
        words = [f"{self._done:,}/{self._total:,} network steps"]
        if self._rate:
            words.append(f"{self._rate:,.1f}/s" if self._rate < 100 else f"{self._rate:,.0f}/s")
        words.append(self._time_left())
        words.append(f"{self._runs_done}/{counted(self._runs, 'run')}")
        if self._peak:
            words.append(f"peak memory {self._peak / 2**30:.1f} GiB")
        if self._now and self._runs_done < self._runs:
            words.append(self._now)
        return " · ".join(words)

    def _time_left(self) -> str:
        if self._runs_done >= self._runs:
            return "done"
        if self._done >= self._total:
            return "finishing"
        left = self._rates.estimate(self._left)
        return f"left: {left}"

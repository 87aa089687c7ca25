"""The one progress display: network steps done and left over the whole build, a rate, an ETA."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from fwd_report.errors import counted, inert, say
from fwd_report.plan.rates import Rates

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

PLAIN_EVERY = 10.0
"""Seconds between lines where the output is not a terminal."""
RATE_OVER = 5.0
"""Seconds the shown rate is averaged over."""


class Progress:
    """Counts network steps by cost class; draws a bar in a terminal, prints plain lines elsewhere.

    totals: the steps to make, by cost class. The ETA adds up what is left of each class at that
    class's own rate, so it does not jump when a slow model follows a fast one, and names what has
    no rate yet.
    """

    def __init__(self, totals: Mapping[str, int], runs: int, rates: Rates) -> None:
        self._left = dict(totals)
        self._total = sum(totals.values())
        self._done = 0
        self._runs = runs
        self._runs_done = 0
        self._rates = rates
        self._now = ""
        self._bar: Bar | None = None
        self._printed = self._mark = time.monotonic()
        self._mark_done = 0
        self._rate = 0.0

    def __enter__(self) -> Progress:
        if self._runs and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                BarColumn(),
                TextColumn("{task.description}"),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.add_task(self._line(), total=max(1, self._total))
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._rates.save()

    def advance(self, cost: str, steps: int, seconds: float) -> None:
        """`steps` of that class were made in `seconds`."""
        self._rates.observe(cost, steps, seconds)
        self._left[cost] = max(0, self._left.get(cost, 0) - steps)
        self._done += steps
        self._show()

    def skip(self, cost: str, steps: int) -> None:
        """`steps` of that class will not be made after all."""
        self._left[cost] = max(0, self._left.get(cost, 0) - steps)
        self._total -= steps
        self._show()

    def working_on(self, what: str) -> None:
        """Name what is being run."""
        self._now = what
        self._show()

    def run_done(self) -> None:
        """One more run is stored."""
        self._runs_done += 1
        self._show()

    def note(self, message: str) -> None:
        """Print a line that stays, above the bar."""
        if self._bar is not None:
            self._bar.console.print(inert(message), markup=False, highlight=False)
        else:
            say(message, err=True)

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._mark >= RATE_OVER:
            self._rate = (self._done - self._mark_done) / (now - self._mark)
            self._mark, self._mark_done = now, self._done
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(
                task, completed=self._done, total=max(1, self._total), description=self._line()
            )
        elif self._runs and now - self._printed >= PLAIN_EVERY:
            self._printed = now
            say(self._line(), err=True)

    def _line(self) -> str:
        words = [f"{self._done:,}/{self._total:,} network steps"]
        if self._rate:
            words.append(f"{self._rate:,.1f}/s" if self._rate < 100 else f"{self._rate:,.0f}/s")
        words.append(self._time_left())
        words.append(f"{self._runs_done}/{counted(self._runs, 'run')}")
        if self._now:
            words.append(self._now)
        return " · ".join(words)

    def _time_left(self) -> str:
        if self._done >= self._total:
            return "finishing"
        left = self._rates.estimate(self._left)
        return f"left: {left}"

"""The order in which two networks take turns: first all runs that query stage I, then stage II."""

from __future__ import annotations

from collections.abc import Sequence, Set

from fwd_report.plan.run import Run


class Turns:
    """Decides which runs may start while others are waiting.

    A device that cannot hold both stages loads each once if all queries to stage I come before
    those to stage II, and only runs that need results of stage II query stage I again. Runs that
    query no stage start whenever they can.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        """runs: in an order in which every run comes after those it needs."""
        self._turns: dict[str, int] = {}
        self._asking: dict[str, int] = {}
        for run in runs:
            needed = [need.key for group in run.needs.values() for need in group]
            turn = max((self._turns.get(key, 0) for key in needed), default=0)
            stage = run.technique.stage if run.model is not None else None
            if stage is not None:
                turn += turn % 2 != stage - 1  # even turns are stage I's
                self._asking[run.key] = turn
            self._turns[run.key] = turn
        self._last = max(self._asking.values(), default=0)
        self._pending = -1
        self._now = 0

    def early(self, run: Run, pending: Set[str]) -> bool:
        """Whether it is not this run's turn yet. pending: keys of the unfinished runs."""
        if self._last == 0 or run.key not in self._asking:
            return False
        if len(pending) != self._pending:
            self._pending = len(pending)
            left = (turn for key, turn in self._asking.items() if key in pending)
            self._now = min(left, default=self._last)
        return self._asking[run.key] > self._now

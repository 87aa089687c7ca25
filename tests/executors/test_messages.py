"""What the foreman makes of messages in an order that real workers seldom send them in."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import pytest
from tests.helpers.crew_in_process import work_of
from tests.helpers.writeup import Writeup

from fwd_report.engine.failures import Failure
from fwd_report.engine.progress import Progress
from fwd_report.executors import foreman
from fwd_report.executors.contract import Finished, Work
from fwd_report.executors.messages import (
    Checkpoint,
    Failed,
    Held,
    Message,
    Note,
    Order,
    Packed,
    Stored,
)
from fwd_report.executors.workers import Ended
from fwd_report.plan.rates import Rates, steps_by_cost
from fwd_report.store.store import Store


class Scripted:
    """Workers 1 and 2, who say what the script has, a turn after the other; 1 is slow."""

    size = fill = 2

    def __init__(self, script: Sequence[Sequence[tuple[str, Sequence[Message] | Ended]]]) -> None:
        self._script = iter(script)
        self._busy: set[str] = set()
        self.now = 0.0

    def idle(self) -> list[str]:
        return [name for name in ("1", "2") if name not in self._busy]

    def give(self, worker: str, order: Order, needs: Sequence[str]) -> None:
        self._busy.add(worker)

    def hear(self, seconds: float) -> Iterator[tuple[str, Sequence[Message] | Ended]]:
        self.now += 1e6
        yield from next(self._script, ())

    def place(self, worker: str) -> str:
        return f"worker {worker}"


@pytest.fixture
def work(writeup: Writeup, monkeypatch: pytest.MonkeyPatch) -> Work:
    """One run; its result is taken in unread."""
    monkeypatch.setattr(foreman, "take_in", lambda store, entry: None)
    work = work_of(writeup.root)
    return dataclasses.replace(work, runs=[r for r in work.runs if r.name == "all.photos[0]"])


def obeyed(
    crew: Scripted, work: Work, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[Finished | Failure], list[int | None]]:
    """The outcomes, and the peaks of memory that were shown."""
    rates = Rates(work.store.base)
    shown: list[int | None] = []
    with Progress(steps_by_cost(work.runs), 1, rates) as progress:
        monkeypatch.setattr(progress, "held", shown.append)
        made = foreman.Foreman(work, crew, progress, rates, clock=lambda: crew.now)
        return list(made.run()), shown


def test_what_is_said_of_a_run_whose_result_is_here_does_not_count(
    writeup: Writeup, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slow worker fails, or sends a checkpoint, while the other one's result is stored."""
    (run,) = work.runs
    late = [Checkpoint(run.key, ("a",), {"a": b""}), Failed(run.key, "no memory")]
    crew = Scripted([(), (("2", [Stored(Packed(run.key, b"", {}))]), ("1", late))])
    assert obeyed(crew, work, monkeypatch)[0] == [Finished(run)]
    assert writeup.left() == []
    assert Store(writeup.root).locks.holder(run.key) is None


def test_the_largest_peak_of_all_workers_is_shown(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = Stored(Packed(work.runs[0].key, b"", {}))
    said = [("1", [Held(5 * 2**30)]), ("2", [Held(2 * 2**30)]), ("1", [result])]
    assert obeyed(Scripted([said]), work, monkeypatch)[1] == [5 * 2**30, 5 * 2**30]


def test_a_workers_warning_is_said_once(
    work: Work, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    result = Stored(Packed(work.runs[0].key, b"", {}))
    warning = Note("warning: it draws from the global generator")
    said = [("1", [warning]), ("2", [warning]), ("1", [result])]
    obeyed(Scripted([said]), work, monkeypatch)
    assert capsys.readouterr().err.count(warning.text) == 1

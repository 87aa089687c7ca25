"""Results are written beside the batches; locks and failures are as if they were not."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.pressed import press_ctrl_c
from tests.helpers.toy_engine import Toy, Walk, engine, make_run

from fwd_report.diffusion.program import Prediction, Query
from fwd_report.engine.recorder import Recorder
from fwd_report.engine.writer import Writer
from fwd_report.errors import CodeChangedError
from fwd_report.store.locks import Locks
from fwd_report.store.store import Store

PATIENCE = 30


def test_the_next_batch_does_not_wait_for_what_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first result is not written before a batch was computed after it."""
    answered, store = threading.Event(), Recorder.store
    waited: list[bool] = []

    class Second(Toy):
        def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
            if writing.is_set():
                answered.set()
            return super().evaluate(queries)

    writing = threading.Event()

    def slow(self: Recorder, *result: Any, **more: Any) -> None:
        writing.set()
        waited.append(answered.wait(PATIENCE))
        store(self, *result, **more)

    monkeypatch.setattr(Recorder, "store", slow)
    runs = [make_run(0, Walk(steps=1)), *(make_run(n, Walk(steps=4)) for n in range(1, 4))]
    assert engine(Store(tmp_path), Second(), runs) == ()
    assert waited[0]


def test_a_lock_is_held_until_its_result_is_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed: list[str] = []
    too_early: list[str] = []
    seal, release = Store.seal, Locks.release

    def sealing(self: Store, folder: Path, key: str, **manifest: Any) -> None:
        seal(self, folder, key, **manifest)
        sealed.append(key)

    def releasing(self: Locks, name: str) -> None:
        too_early.extend({name} - {*sealed})
        release(self, name)

    monkeypatch.setattr(Store, "seal", sealing)
    monkeypatch.setattr(Locks, "release", releasing)
    runs = [make_run(index, Walk()) for index in range(9)]
    assert engine(Store(tmp_path), Toy(), runs) == ()
    assert len(sealed) == 9
    assert too_early == []


@pytest.mark.parametrize("error", [OSError(28, "No space left", "x"), CodeChangedError(Path("y"))])
def test_what_cannot_be_written_fails_its_run_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    store = Recorder.store

    def full(self: Recorder, run: Any, *result: Any, **more: Any) -> None:
        if run.experiment == "bad":
            raise error
        store(self, run, *result, **more)

    monkeypatch.setattr(Recorder, "store", full)
    runs = [make_run(0, Walk(), "bad"), *(make_run(n, Walk(), "good") for n in range(5))]
    there = Store(tmp_path)
    failures = engine(there, Toy(), runs, keep_going=True)
    assert [failure.run.experiment for failure in failures] == ["bad"]
    assert [there.has(run.key) for run in runs] == [False] + 5 * [True]
    assert all(there.lock(run.key).acquire() for run in runs), "no lock is left"


def test_what_a_stopped_build_had_finished_is_stored(tmp_path: Path) -> None:
    class Stopped(Toy):
        def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
            if sum(self.batches) >= 8:
                press_ctrl_c()
            return super().evaluate(queries)

    store = Store(tmp_path)
    runs = [*(make_run(n, Walk(steps=1)) for n in range(4)), make_run(9, Walk(steps=40))]
    with pytest.raises(KeyboardInterrupt):
        engine(store, Stopped(), runs, batch=8)
    assert all(store.has(run.key) for run in runs[:4])
    assert store.lock(runs[4].key).acquire()


def test_work_is_done_in_order_and_in_the_context_of_who_handed_it_over() -> None:
    name, seen = ContextVar("name", default="nobody"), list[str]()
    writer: Writer[int] = Writer(2)
    for number in range(6):
        name.set(f"writer {number}")
        writer.hand_over(number, lambda: seen.append(name.get()))
    assert [item for item, error in writer.close() if error is None] == list(range(6))
    assert seen == [f"writer {number}" for number in range(6)]


def test_not_more_waits_than_is_allowed() -> None:
    gate, writer = threading.Event(), Writer[int](3)
    for number in range(3):
        writer.hand_over(number, lambda: gate.wait(PATIENCE) and None)
    over = threading.Thread(target=writer.hand_over, args=(3, lambda: None))
    over.start()
    over.join(0.2)
    assert over.is_alive(), "it waits for the oldest"
    gate.set()
    over.join(PATIENCE)
    assert [item for item, _ in writer.close()] == [0, 1, 2, 3]

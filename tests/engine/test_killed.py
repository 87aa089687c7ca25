"""A process that is killed loses what it was drawing, and of the rest what ended in one batch."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.forked import fork
from tests.helpers.toy_engine import Toy, Walk, engine, make_run

from fwd_report.diffusion.program import Prediction, Query
from fwd_report.engine.live import Live
from fwd_report.engine.recorder import Recorder
from fwd_report.engine.writer import Writer
from fwd_report.store.store import Store

BATCH = 8
RUNS = [make_run(n, Walk(steps=1 + n // 4 % 5)) for n in range(80)]
WRITING = 0.01
"""Seconds a result takes to be written, longer than a batch here takes to be computed."""


class Counted(Toy):
    """A toy that notes how many batches were begun."""

    begun = 0

    def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
        Counted.begun += 1
        return super().evaluate(queries)


def note_what_ended(monkeypatch: pytest.MonkeyPatch, note: Any) -> None:
    """Results take their time; note(batch, key) is called of each that is given to be written."""
    store, hand_over = Recorder.store, Writer.hand_over

    def slow(self: Recorder, *result: Any, **more: Any) -> None:
        time.sleep(WRITING)
        store(self, *result, **more)

    def noted(self: Writer[Live], live: Live, work: Any) -> None:
        hand_over(self, live, work)
        note(Counted.begun, live.run.key)

    monkeypatch.setattr(Recorder, "store", slow)
    monkeypatch.setattr(Writer, "hand_over", noted)
    monkeypatch.setattr(Counted, "begun", 0)


def test_what_waits_to_be_written_ended_in_one_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, ended = Store(tmp_path), list[tuple[int, str]]()
    most = 0

    def note(batch: int, key: str) -> None:
        nonlocal most
        ended.append((batch, key))
        waiting = [when for when, key in ended if not store.has(key)]
        assert set(waiting) <= {batch}
        most = max(most, len(waiting))

    note_what_ended(monkeypatch, note)
    assert engine(store, Counted(), RUNS, batch=BATCH) == ()
    assert len(ended) == len(RUNS)
    assert most > 1, "results are written beside the batches"


@pytest.mark.parametrize("seed", range(3))
def test_after_a_kill_only_results_of_the_last_batch_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None, seed: int
) -> None:
    root, log = tmp_path / "writeup", tmp_path / "ended"
    root.mkdir()
    log.touch()
    file = os.open(log, os.O_WRONLY | os.O_APPEND)

    def note(batch: int, key: str) -> None:
        os.write(file, f"{batch} {key}\n".encode())
        if len(log.read_bytes().splitlines()) == len(RUNS) - BATCH:
            time.sleep(60)  # a kill that comes late finds it here

    note_what_ended(monkeypatch, note)
    process = fork(root, lambda: engine(Store(root), Counted(), RUNS, batch=BATCH))
    enough = random.Random(seed).randrange(1, len(RUNS) // 2)
    while len(log.read_bytes().splitlines()) < enough:
        assert process.is_alive()
        time.sleep(0.001)
    process.kill()
    process.join()
    os.close(file)
    ended = [line.split() for line in log.read_text().splitlines()]
    store = Store(root)
    missing = {batch for batch, key in ended if not store.has(key)}
    assert enough <= len(ended) < len(RUNS), "it was killed in time"
    assert missing <= {ended[-1][0]}
    monkeypatch.undo()
    assert engine(store, Toy(), RUNS, batch=BATCH) == ()
    assert all(store.has(run.key) for run in RUNS)

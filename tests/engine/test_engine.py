"""The engine answers every run's questions, whatever the batch, and survives what goes wrong."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from tests.helpers.toy_engine import (
    SHAPE,
    Copy,
    Toy,
    ToyModels,
    Walk,
    bench,
    engine,
    exact,
    make_run,
    store_by_hand,
)

from fwd_report.diffusion.program import Prediction, Query
from fwd_report.engine.batching import Batcher
from fwd_report.engine.engine import Engine
from fwd_report.engine.progress import Progress
from fwd_report.plan.rates import Rates, steps_by_cost
from fwd_report.store.store import Store


def test_results_do_not_depend_on_the_other_runs(tmp_path: Path) -> None:
    runs = [make_run(index, Walk(steps=3 + index % 4)) for index in range(20)]
    together_, alone = Store(tmp_path / "together"), Store(tmp_path / "alone")
    assert engine(together_, Toy(), runs) == ()
    for run in runs:
        engine(alone, Toy(), [run], batch=1)
    for run in runs:
        torch.testing.assert_close(exact(together_, run), exact(alone, run), atol=1e-6, rtol=0)


def test_batches_are_full_while_there_is_work(tmp_path: Path) -> None:
    toy = Toy()
    runs = [make_run(index, Walk(steps=10)) for index in range(32)]
    engine(Store(tmp_path), toy, runs)
    assert sum(toy.batches) == 32 * 20
    assert max(toy.batches) == 8
    assert sum(toy.batches) / len(toy.batches) > 7.5


LACKS = (
    Toy.lack,
    MemoryError(),
    torch.OutOfMemoryError("CUDA out of memory."),
    RuntimeError("MPS backend out of memory"),
)


@pytest.mark.parametrize("lack", LACKS, ids=lambda error: f"{type(error).__name__} {error}"[:30])
def test_out_of_memory_halves_the_batch_and_is_met_once(tmp_path: Path, lack: Exception) -> None:
    toy = Toy(fits=3)
    toy.lack = lack
    runs = [make_run(index, Walk()) for index in range(8)]
    assert engine(Store(tmp_path), toy, runs, batch=16) == ()
    assert toy.refused == [16, 8, 4]
    assert sum(toy.batches) == sum(run.network_steps for run in runs)


def test_runs_share_the_seconds_of_their_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An evaluation takes a second by this clock, whoever asked in it."""
    now = [0.0]
    evaluate = Toy.evaluate

    def second(self: Toy, queries: Sequence[Query]) -> list[Prediction]:
        now[0] += 1.0
        return evaluate(self, queries)

    monkeypatch.setattr(Toy, "evaluate", second)
    monkeypatch.setattr("fwd_report.engine.engine.time.monotonic", lambda: now[0])
    store, toy = Store(tmp_path), Toy()
    runs = [make_run(index, Walk()) for index in range(8)]
    assert engine(store, toy, runs, batch=16) == ()
    made_by = [store.read(run.key).provenance for run in runs]
    assert sum(each["seconds"] for each in made_by) == pytest.approx(len(toy.batches))
    assert [each["network_steps"] for each in made_by] == [run.network_steps for run in runs]


def test_a_model_that_cannot_be_opened_is_tried_once(tmp_path: Path) -> None:
    store, tried = Store(tmp_path), []
    models = ToyModels(Toy())

    def broken(name: str) -> Toy:
        tried.append(name)
        raise ValueError("its weights are cut short")

    models.evaluator = broken  # type: ignore[method-assign]
    runs = [make_run(0, Walk(), experiment) for experiment in ("a", "b", "c")]
    with Progress(steps_by_cost(runs), len(runs), Rates(store.base)) as progress:
        failures = Engine(store, bench(store, models), progress, keep_going=True).run(runs)
    assert [failure.run.experiment for failure in failures] == ["a", "b", "c"]
    assert {failure.cause.partition(" (")[0] for failure in failures} == {
        "its weights are cut short"
    }
    assert tried == ["toy"]


def test_one_bad_query_does_not_take_its_batch_with_it() -> None:
    batcher = Batcher(Toy(poison=7), limit=8)
    queries = [Query("toy", torch.zeros(SHAPE), t, "a") for t in range(5, 13)]
    answers = batcher.answer(queries)
    assert [isinstance(answer, Exception) for answer in answers] == [t == 7 for t in range(5, 13)]
    assert batcher.limit(SHAPE) == 8, "a bad query is not a lack of memory"


def test_a_failure_stops_its_experiment_and_is_named(tmp_path: Path) -> None:
    store = Store(tmp_path)
    bad = [make_run(index, Walk(fails_at=1), "bad") for index in range(40)]
    good = [make_run(index, Walk(), "good") for index in range(5)]
    failures = engine(store, Toy(), [*bad, *good], keep_going=True)
    assert {failure.run.experiment for failure in failures} == {"bad"}
    assert "this step is impossible" in failures[0].cause
    assert len(failures) < len(bad), "runs that had not begun are not tried"
    assert all(store.has(run.key) for run in good)
    assert not any(store.has(run.key) for run in bad)


def test_without_keep_going_the_build_stops(tmp_path: Path) -> None:
    store = Store(tmp_path)
    runs = [make_run(0, Walk(fails_at=0), "bad"), *(make_run(i, Walk()) for i in range(30))]
    assert len(engine(store, Toy(), runs)) == 1
    assert not all(store.has(run.key) for run in runs[1:])


def test_what_failed_runs_the_next_time(tmp_path: Path) -> None:
    store = Store(tmp_path)
    runs = [make_run(0, Walk())]
    assert engine(store, Toy(poison=1), runs)
    assert engine(store, Toy(), runs) == ()
    assert store.has(runs[0].key)


def test_a_run_waits_for_what_it_needs_and_fails_with_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    source = make_run(0, Walk())
    copy = make_run(0, Copy(), "copies", needs={"of": (source,)})
    assert engine(store, Toy(), [source, copy]) == ()
    assert (store.folder(copy.key) / "image.png").is_file()

    broken = make_run(1, Walk(fails_at=0))
    orphan = make_run(1, Copy(), "copies", needs={"of": (broken,)})
    causes = [failure.cause for failure in engine(store, Toy(), [broken, orphan], keep_going=True)]
    assert "needs s.walks[1], which failed" in causes[1]


def test_a_stored_run_is_left_alone_unless_forced(tmp_path: Path) -> None:
    store, runs = Store(tmp_path), [make_run(0, Walk())]
    engine(store, Toy(), runs)
    again = Toy()
    engine(store, again, runs)
    assert again.batches == []
    engine(store, again, runs, forced={runs[0].key})
    assert sum(again.batches) == 6


def test_a_run_another_build_holds_is_waited_for(tmp_path: Path) -> None:
    store, runs = Store(tmp_path), [make_run(0, Walk()), make_run(1, Walk())]
    holds = threading.Event()

    def other_build() -> None:
        with store.lock(runs[0].key):
            holds.set()
            time.sleep(0.5)
            store_by_hand(store, runs[0])

    thread = threading.Thread(target=other_build)
    thread.start()
    holds.wait()
    toy = Toy()
    assert engine(store, toy, runs) == ()
    thread.join()
    assert sum(toy.batches) == 6, "only the run nobody held was run here"


def test_values_that_are_not_finite_fail_the_run(tmp_path: Path) -> None:
    class Broken(Toy):
        def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
            return [Prediction(torch.full(SHAPE, float("nan"))) for _ in queries]

    failures = engine(Store(tmp_path), Broken(), [make_run(0, Walk())])
    assert "not finite" in failures[0].cause


def test_plain_progress_counts_calls_and_knows_when_it_knows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fwd_report.engine.displays.LINE_EVERY", 0.0)
    rates = Rates(tmp_path)
    with Progress({"a": 100, "b": 10}, 3, rates) as progress:
        progress.advance("a", 50, 5.0)
        assert (
            "50/110 network steps · left: about 5.0 s, and steps of b not measured yet · "
            in capsys.readouterr().err
        )
        progress.advance("b", 5, 10.0)
        assert "55/110 network steps · left: about 15 s · " in capsys.readouterr().err
        progress.advance("a", 40, 4.0)
        progress.advance("b", 5, 10.0)
        assert "100/110 network steps" in capsys.readouterr().err
        progress.held(3 * 2**30)
        progress.skip("a", 10)
    said = "100/100 network steps · finishing · 0/3 runs · peak memory 3.0 GiB"
    assert said in capsys.readouterr().err
    assert Rates(tmp_path).estimate({"a": 10}).seconds == pytest.approx(1.0)


def test_a_batch_of_512_runs_with_256_open_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six hundred runs live at once, each under its lock."""
    import resource

    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # six hundred take a while
    store, toy = Store(tmp_path), Toy()
    runs = [make_run(index, Walk(steps=1)) for index in range(600)]
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        assert engine(store, toy, runs, batch=512) == ()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert max(toy.batches) == 512
    assert len(store.keys()) == 600
    assert [path.name for path in store.locks.folder.iterdir()] == ["guard.lock"]


def test_what_another_build_ran_meanwhile_is_not_claimed(tmp_path: Path) -> None:
    store, runs = Store(tmp_path), [make_run(0, Walk()), make_run(1, Walk())]
    store_by_hand(store, runs[0])
    with Progress(steps_by_cost(runs), len(runs), Rates(store.base)) as progress:
        building = Engine(store, bench(store, ToyModels(Toy())), progress)
        building.run(runs)
    assert building.finished == {run.key for run in runs}
    assert building.others == {runs[0].key}

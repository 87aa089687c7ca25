"""Pieces are of bounded cost and leave no worker idle; whatever happens, every run is done once."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers.toy_engine import make_run

from fwd_report.executors.pieces import LONGEST, TRIES, Pieces
from fwd_report.plan.run import Run
from fwd_report.techniques.base import Technique

SECOND = 1.0
"""The price of a step in these tests."""


class Draw(Technique):
    """Asks its model so many times."""

    name: ClassVar[str] = "draw"
    steps: int = 1

    def network_steps(self, needs: Mapping[str, Technique]) -> int:
        return self.steps


class Learn(Draw):
    """A training."""

    kind: ClassVar[Literal["job"]] = "job"


def draws(*steps: int, experiment: str = "draws", **more: Any) -> list[Run]:
    return [
        make_run(index, Draw(steps=count), experiment, **more) for index, count in enumerate(steps)
    ]


def pieces_of(runs: Sequence[Run], clock: Callable[[], float] = lambda: 0.0) -> Pieces:
    return Pieces(runs, lambda cost: SECOND, clock)


def simulated(runs: Sequence[Run], workers: int, fill: int = 1) -> tuple[float, list[list[Run]]]:
    """Run by workers that need a second a step: when the last one ends, and every piece."""
    now = 0.0
    pieces = pieces_of(runs, lambda: now)
    idle, busy, given = [str(number) for number in range(workers)], [], []
    while pieces.left:
        for worker in list(idle):
            piece = pieces.take(worker, workers, fill)
            if piece:
                idle.remove(worker)
                given.append(piece)
                ends = now + sum(run.network_steps for run in piece) * SECOND
                heapq.heappush(busy, (ends, worker, len(given) - 1))
        now, worker, number = heapq.heappop(busy)
        for run in given[number]:
            pieces.stored(run.key)
        assert pieces.ended(worker) == []
        idle.append(worker)
    return now, given


def test_pieces_begin_large_and_end_small_and_no_worker_runs_alone_for_long() -> None:
    runs = draws(*[3] * 2000)
    ends, given = simulated(runs, workers=8)
    seconds = [sum(run.network_steps for run in piece) for piece in given]
    assert max(seconds) <= LONGEST + 3
    assert seconds[0] > 10 * seconds[-1]
    assert ends < 1.02 * 6_000 / 8
    assert len(given) < 200


def test_a_piece_fills_a_workers_batches_and_the_rest_is_shared_evenly() -> None:
    runs = draws(*[1] * 40)
    pieces = pieces_of(runs)
    sizes = [len(pieces.take(str(worker), 4, 32)) for worker in range(4)]
    assert sizes == [10, 10, 10, 10]


def test_the_longest_chain_of_work_begins_first() -> None:
    short = make_run(0, Learn(steps=5), "short")
    long = make_run(0, Learn(steps=50), "long")
    before = make_run(0, Learn(steps=3), "before")
    after = make_run(0, Draw(steps=90), "after", needs={"model": (before,)})
    pieces = pieces_of([*draws(1, 1), short, long, before, after])
    taken = [pieces.take(name, 4, 1) for name in "abc"]
    assert taken == [[before], [long], [short]]


def test_a_run_waits_for_what_it_needs() -> None:
    first, *_ = draws(1)
    second = make_run(0, Draw(steps=1), "second", needs={"of": (first,)})
    pieces = pieces_of([first, second])
    assert pieces.take("a", 2, 9) == [first]
    assert pieces.take("b", 2, 9) == []
    assert pieces.stored(first.key)
    assert pieces.take("b", 2, 9) == [second]
    assert not pieces.stored(first.key), "a second result of the same run counts for nothing"


def test_a_worker_stays_with_its_network_while_there_is_work_for_it() -> None:
    left = draws(*[30] * 40, experiment="left", model="left")
    right = draws(*[30] * 40, experiment="right", model="right")
    pieces = pieces_of([*left, *right])
    seen: dict[str, list[str]] = {"a": [], "b": []}
    for _ in range(5):
        for worker in "ab":
            piece = pieces.take(worker, 2, 1)
            seen[worker] += [run.experiment for run in piece]
            for run in piece:
                pieces.stored(run.key)
            pieces.ended(worker)
    assert {len(set(names)) for names in seen.values()} == {1}
    assert seen["a"][0] != seen["b"][0]


def test_what_takes_workers_with_it_is_found_by_halves_and_given_up() -> None:
    runs = draws(*[1] * 64)
    poison = runs[37]
    pieces = pieces_of(runs)
    given_up: list[Run] = []
    lost = 0
    while pieces.left:
        worker = str(lost)
        piece = pieces.take(worker, 1, 64)
        for run in piece:
            if run is poison:
                break
            pieces.stored(run.key)
        if poison in piece:
            lost += 1
            given_up += pieces.lost(worker)
            for run in given_up:
                pieces.failed(run.key)
        else:
            pieces.ended(worker)
    assert given_up == [poison]
    assert lost <= 6 + TRIES


def test_what_a_worker_lacks_memory_for_runs_alone_and_then_elsewhere() -> None:
    runs = draws(1, 1, 1)
    large = runs[1]
    pieces = pieces_of(runs)
    assert pieces.take("a", 1, 3) == runs
    assert pieces.stored(runs[0].key)
    assert not pieces.lacked("a", large.key)
    assert pieces.ended("a") == [runs[2]]
    pieces.again(runs[2].key)
    assert pieces.take("a", 2, 3) == [runs[2]], "alone, and after all else"
    assert pieces.take("b", 2, 3) == [large]
    assert pieces.lacked("b", large.key)
    assert pieces.ended("b") == []
    assert pieces.take("b", 2, 3) == [], "it was alone with this one"
    assert pieces.refused(["b"]) == [large]
    assert pieces.refused(["a", "b"]) == []
    assert pieces.stored(runs[2].key)
    pieces.ended("a")
    assert pieces.take("a", 2, 3) == [large]
    pieces.lacked("a", large.key)
    assert pieces.refused(["a", "b"]) == [large]
    assert pieces.refused([]) == [], "others may come"


def test_a_node_that_leaves_and_a_training_that_gets_further_are_not_blamed() -> None:
    (run,) = [make_run(0, Learn(steps=9), "learn")]
    pieces = pieces_of([run])
    for number in range(5 * TRIES):
        assert pieces.take(str(number), 1, 1) == [run]
        if number % 2:
            pieces.got_further(run.key)
            assert pieces.lost(str(number)) == []
        else:
            assert pieces.lost(str(number), blamed=False) == []


def test_what_a_slow_worker_has_is_run_by_an_idle_one_too() -> None:
    now = 0.0
    runs = draws(5, 5)
    pieces = pieces_of(runs, lambda: now)
    assert pieces.take("slow", 1, 2) == runs
    assert pieces.take("idle", 2, 2) == []
    now = 100.0
    assert pieces.take("idle", 2, 2) == runs
    assert pieces.take("third", 2, 2) == [], "and not by all"
    assert pieces.lost("slow") == []
    assert [pieces.stored(run.key) for run in runs] == [True, True]
    assert pieces.left == 0


def test_what_a_slow_worker_says_of_a_run_that_is_done_counts_for_nothing() -> None:
    now = 0.0
    (run,) = draws(5)
    pieces = pieces_of([run], lambda: now)
    assert pieces.take("slow", 1, 1) == [run]
    now = 100.0
    assert pieces.take("idle", 2, 1) == [run]
    assert pieces.stored(run.key)
    assert not pieces.lacked("slow", run.key)
    pieces.put_aside("slow", run.key)
    pieces.again(run.key)
    assert pieces.ended("slow") == pieces.ended("idle") == []
    pieces.bring_back()
    assert pieces.take("slow", 2, 1) == []
    assert pieces.refused(["slow", "idle"]) == []


def test_what_another_build_has_is_put_aside_until_it_is_looked_at_again() -> None:
    first, second = draws(1, 1)
    pieces = pieces_of([first, second])
    assert pieces.take("a", 1, 2) == [first, second]
    pieces.put_aside("a", first.key)
    assert pieces.ended("a") == [second]
    assert pieces.take("b", 1, 2) == []
    pieces.bring_back()
    assert pieces.take("b", 1, 2) == [first]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_every_run_is_done_once_whatever_happens(data: st.DataObject) -> None:
    """Random needs, workers that die, lack memory, say things twice, and are slow."""
    runs: list[Run] = []
    for index in range(data.draw(st.integers(1, 30))):
        needs = data.draw(st.lists(st.sampled_from(runs), max_size=2)) if runs else []
        kind = data.draw(st.sampled_from((Draw, Draw, Learn)))
        technique = kind(steps=data.draw(st.integers(0, 40)))
        network = data.draw(st.sampled_from(("m", "n")))
        of = {"needs": {"of": tuple(needs)}} if needs else {}
        runs.append(make_run(index, technique, f"e{index % 3}", model=network, **of))
    now = 0.0
    pieces = pieces_of(runs, lambda: now)
    out: dict[str, list[Run]] = {}
    done: list[str] = []
    failed: set[str] = set()
    names = ("0", "1", "2")

    def give_up(runs: list[Run]) -> None:
        waiting = [*runs]
        while waiting:
            gone = waiting.pop()
            waiting += pieces.dependants(gone.key)
            pieces.failed(gone.key)
            failed.add(gone.key)

    for turn in range(10_000):
        if not pieces.left:
            break
        now += 7
        for name in names:
            if name not in out and (piece := pieces.take(name, len(names), 4)):
                assert all(need.key in done for run in piece for need in run.needed)
                out[name] = piece
        give_up(pieces.refused(() if out else names))
        if not out:
            continue
        name = data.draw(st.sampled_from(sorted(out)))
        what = data.draw(st.sampled_from(("store", "end", "lose", "lack")), label=str(turn))
        piece = out[name]
        if what == "store" and piece:
            run = piece.pop(0)
            done += [run.key] if pieces.stored(run.key) else []
        elif what == "end":
            done += [run.key for run in piece if pieces.stored(run.key)]
            assert pieces.ended(name) == []
            del out[name]
        elif what == "lose":
            del out[name]
            give_up(pieces.lost(name))
        elif what == "lack":
            del out[name]
            if piece and piece[0].key not in failed:
                pieces.lacked(name, piece[0].key)
            for run in pieces.ended(name):
                pieces.again(run.key)
    assert pieces.left == 0
    assert len(done) == len(set(done))
    assert {*done, *failed} == {run.key for run in runs}
    assert not failed & set(done)

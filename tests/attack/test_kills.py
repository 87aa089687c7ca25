"""`kill -9` at random moments, then a plain build: the same results, nothing lost, nothing left."""

from __future__ import annotations

import random
import time

import pytest
from tests.helpers.writeup import Writeup, assert_same, kill_at

from fwd_report.store.store import Store


def kill_while_running(writeup: Writeup, built: tuple[Writeup, float], seeds: range) -> None:
    """Kill builds of the same folder one after the other, each as far as it gets."""
    peace, seconds = built
    whole: dict[str, object] = {}
    hits = 0
    for seed in seeds:
        moment = random.Random(seed).uniform(0.05, 0.7) * seconds
        hits += kill_at(writeup.start("build"), moment)
        now = {key: made for key, made in writeup.results().items() if Store(writeup.root).has(key)}
        assert whole.items() <= now.items(), "what was stored stays"
        whole = now
    assert hits, "every build was over before it was killed"
    outcome = writeup.build()
    assert outcome.ran == len(peace.results()) - len(whole), "nothing runs twice"
    assert_same(writeup, peace)
    assert writeup.left() == []


def kill_while_rendering(copy: Writeup, built: tuple[Writeup, float], seeds: range) -> None:
    peace, _ = built
    copy.edit("Timed")
    began = time.monotonic()
    copy.start("build").join()
    seconds = time.monotonic() - began
    hits = 0
    for seed in seeds:
        copy.edit(f"Caption {seed}")
        hits += kill_at(copy.start("build"), random.Random(seed).uniform(0.1, 0.9) * seconds)
        outcome = copy.build()
        assert outcome.ran == 0
        page = (copy.root / "docs" / "report" / "all.md").read_text()
        assert f"Caption {seed}" in page
        assert_same(copy, peace)
    assert hits, "every build was over before it was killed"


def kill_while_collecting(copy: Writeup, built: tuple[Writeup, float], seeds: range) -> None:
    """Half of the results are of no run any more; whatever gc had done, the rest is whole."""
    peace, seconds = built
    path = copy.root / "experiments" / "all.yaml"
    text = path.read_text()
    for seed in seeds:
        path.write_text(text.replace("steps: 3", f"steps: {4 + seed % 5}"))
        gc = copy.start("store", "gc", "--keep", "0", "--yes")
        kill_at(gc, random.Random(seed).uniform(0.02, 0.12) * seconds)
        path.write_text(text)
        assert Store(copy.root).verify() == {}
        copy.build()
        assert_same(copy, peace)


def test_kills_while_rendering(copy: Writeup, built: tuple[Writeup, float]) -> None:
    kill_while_rendering(copy, built, range(2))


def test_a_kill_while_collecting(copy: Writeup, built: tuple[Writeup, float]) -> None:
    kill_while_collecting(copy, built, range(1))


@pytest.mark.slow  # quicker: one kill each in tests/engine/test_killed.py and cli/test_training.py
@pytest.mark.parametrize("series", range(4))
def test_many_kills_while_sampling_and_training(
    writeup: Writeup, built: tuple[Writeup, float], series: int
) -> None:
    kill_while_running(writeup, built, range(10 + 4 * series, 14 + 4 * series))


@pytest.mark.slow
def test_many_kills_while_rendering(copy: Writeup, built: tuple[Writeup, float]) -> None:
    kill_while_rendering(copy, built, range(10, 16))


@pytest.mark.slow
def test_many_kills_while_collecting(copy: Writeup, built: tuple[Writeup, float]) -> None:
    kill_while_collecting(copy, built, range(10, 16))

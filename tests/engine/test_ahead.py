"""Noise drawn ahead is the noise that would have been drawn, whatever is asked in the end."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers.toy_engine import Toy, Walk, engine, exact, make_run

from fwd_report.diffusion.noise import MOST_AHEAD, Noise
from fwd_report.engine import ahead as ahead_module
from fwd_report.engine.ahead import NoiseAhead
from fwd_report.store.store import Store

SHAPES = ((3, 8, 8), (1, 4, 4), (2,))


@given(st.lists(st.lists(st.sampled_from(SHAPES), max_size=MOST_AHEAD + 2), max_size=8))
@settings(deadline=None, max_examples=60)
def test_draws_are_the_same_with_and_without(rounds: list[list[tuple[int, ...]]]) -> None:
    """Each round draws some shapes and then has the next drawn ahead, rightly or wrongly."""
    mine, plain, making = [Noise(3), Noise(4)], [Noise(3), Noise(4)], NoiseAhead()
    for number, shapes in enumerate(rounds):
        for shape in shapes:
            for one, other in zip(mine[: 1 + number % 2], plain, strict=False):
                assert torch.equal(one.draw(shape), other.draw(shape))
        making.begin(mine)
        making.wait()
    assert torch.equal(mine[1].draw(SHAPES[0]), plain[1].draw(SHAPES[0]))
    making.close()


def test_a_loop_finds_its_noise_drawn_and_in_one_piece() -> None:
    noises, making = [Noise(seed) for seed in range(4)], NoiseAhead()
    for noise in noises:
        noise.draw(SHAPES[0])
    making.begin(noises)
    making.wait()
    rows = [noise.take(SHAPES[0]) for noise in noises]
    assert len({row.untyped_storage().data_ptr() for row in rows}) == 1, "uploaded at once"
    making.close()


def test_no_memory_for_it_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    noises, plain, making = [Noise(1), Noise(2)], [Noise(1), Noise(2)], NoiseAhead()

    def full(batch: Any, device: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    for noise in (*noises, *plain):
        noise.draw(SHAPES[0])
        noise.draw(SHAPES[0])
    monkeypatch.setattr(ahead_module, "uploaded", full)
    making.begin(noises)
    making.wait()
    for one, other in zip(noises, plain, strict=True):
        assert torch.equal(one.draw(SHAPES[1]), other.draw(SHAPES[1]))
    making.close()


def test_the_engine_draws_while_the_model_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another thread, and results are those of noise drawn when it is asked."""
    by: set[int] = set()
    make_ahead = Noise.make_ahead

    def noted(self: Noise, into: torch.Tensor) -> torch.Tensor:
        by.add(threading.get_ident())
        return make_ahead(self, into)

    runs = [make_run(index, Walk(steps=3 + index % 2)) for index in range(5)]
    with monkeypatch.context() as patch:
        patch.setattr(Noise, "make_ahead", noted)
        assert engine(Store(tmp_path / "ahead"), Toy(), runs) == ()
    assert len(by) == 1
    assert threading.get_ident() not in by
    monkeypatch.setattr(Noise, "foreseen", lambda self: [])
    assert engine(Store(tmp_path / "plain"), Toy(), runs) == ()
    for run in runs:
        ahead, plain = (exact(Store(tmp_path / name), run) for name in ("ahead", "plain"))
        assert torch.equal(ahead, plain)

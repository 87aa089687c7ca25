"""Memory ends: what a batch had computed is freed before the retry, and the size grows again."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.helpers.toy_engine import Toy, Walk, engine, make_run
from torch import Tensor

from fwd_report.diffusion.program import Prediction, Query
from fwd_report.engine.batching import Batcher
from fwd_report.engine.limit import PATIENCE, Limit

SMALL, LARGE = (1, 4, 4), (1, 8, 8)


class Miniature:
    """A device that holds so many pictures of each shape, and activations while it computes."""

    device = "cpu"

    def __init__(self, fits: dict[tuple[int, ...], int]) -> None:
        self.fits = fits
        self.tried: list[int] = []
        self.left: list[int] = []
        """Of each try: how many activations of earlier ones were still there."""
        self._activations: list[weakref.ref[Tensor]] = []

    def signature(self, query: Query) -> Any:
        return tuple(query.x.shape)

    def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
        self.tried.append(len(queries))
        self.left.append(sum(seen() is not None for seen in self._activations))
        return self._layer(torch.stack([query.x for query in queries]), depth=3)

    def _layer(self, x: Tensor, depth: int) -> list[Prediction]:
        activation = x * 2
        self._activations.append(weakref.ref(activation))
        if depth:
            try:
                return self._layer(activation, depth - 1)
            except RuntimeError as error:
                raise torch.OutOfMemoryError("CUDA out of memory, said again") from error
        if len(x) > self.fits[tuple(x.shape[1:])]:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return [Prediction(one.clone()) for one in x]


def queries(count: int, shape: tuple[int, ...] = SMALL) -> list[Query]:
    return [Query("m", torch.full(shape, float(n)), 0, None) for n in range(count)]


def test_activations_are_gone_before_the_retry() -> None:
    device = Miniature({SMALL: 3})
    answers = Batcher(device, 16).answer(queries(16))
    assert device.tried[:3] == [16, 8, 4]
    assert set(device.left) == {0}
    values = [answer.value[0, 0, 0].item() for answer in answers]  # type: ignore[union-attr]
    assert values == [8.0 * n for n in range(16)], "in the order asked"


def test_what_does_not_fit_alone_fails_alone_and_holds_nothing() -> None:
    device = Miniature({SMALL: 0})
    (answer,) = Batcher(device, 4).answer(queries(1))
    assert isinstance(answer, torch.OutOfMemoryError)
    assert all(seen() is None for seen in device._activations), "though the error is kept"
    assert answer.__traceback__ is not None, "and says where"


def test_each_shape_has_a_limit_of_its_own() -> None:
    device, said = Miniature({SMALL: 16, LARGE: 4}), list[str]()
    batcher = Batcher(device, 16, said.append)
    batcher.answer(queries(16, LARGE))
    batcher.answer(queries(16))
    assert (batcher.limit(SMALL), batcher.limit(LARGE)) == (16, 4)
    assert said == [
        "out of memory with batches of 16; now 8 at once",
        "out of memory with batches of 8; now 4 at once",
    ]


def test_the_limit_closes_in_on_what_fits_and_grows_when_memory_is_free_again() -> None:
    device = Miniature({SMALL: 13})
    batcher = Batcher(device, 32)

    def answered(batches: int) -> None:
        for _ in range(batches):
            batcher.answer(queries(batcher.limit(SMALL)))

    answered(6 * PATIENCE)
    assert batcher.limit(SMALL) == 13
    tries = device.tried.count(14)
    answered(4 * PATIENCE)
    assert device.tried.count(14) <= tries + 1, "a size that failed is tried more and more seldom"
    device.fits = {SMALL: 32}
    for _ in range(200):
        if batcher.limit(SMALL) == 32:
            break
        answered(PATIENCE)
    assert batcher.limit(SMALL) == 32
    device.fits = {SMALL: 2}
    answered(3)
    assert batcher.limit(SMALL) <= 2, "and falls again"


@pytest.mark.parametrize("fits", range(1, 9))
def test_a_limit_never_leaves_what_is_allowed(fits: int) -> None:
    limit = Limit(8)
    for _ in range(30 * PATIENCE):
        assert 1 <= limit.size <= 8
        if limit.size > fits:
            limit.lacked(limit.size)
        else:
            limit.fitted(limit.size)
    assert limit.size in (fits, fits + 1)


def test_a_build_tells_of_it_and_finishes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from fwd_report.store.store import Store

    toy, store = Toy(fits=5), Store(tmp_path)
    runs = [make_run(index, Walk()) for index in range(8)]
    assert engine(store, toy, runs, batch=16) == ()
    assert "out of memory with batches of 16; now 8 at once" in capsys.readouterr().err
    peak = store.read(runs[0].key).provenance["peak_memory"]
    assert peak > 1e7

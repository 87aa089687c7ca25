"""What a technique returned is stored whole, or refused by name."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tests.helpers.pressed import press_ctrl_c
from tests.helpers.toy_engine import Toy, Walk, engine, make_run

from fwd_report.diffusion.program import Prediction, Query
from fwd_report.engine.failures import one_line
from fwd_report.engine.returned import check_finite, check_result
from fwd_report.errors import UserError
from fwd_report.recording.pictures import write_result
from fwd_report.store.store import Store
from fwd_report.techniques.base import Result

X = torch.rand(3, 4, 4)


def test_pictures_that_share_memory_are_each_stored(tmp_path: Path) -> None:
    images = {"red": X[:1], "again": X, "turned": X.flip(2).mT.mT}
    result = Result(X, images=images)
    check_result(Walk(), result, "")
    write_result(result, tmp_path, (0.0, 1.0))
    stored = load_file(tmp_path / "tensors.safetensors")
    assert stored.keys() == {"image", *images}
    assert all(stored[name].equal(images[name]) for name in images)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (Result(X, images={"image": X}), "images has an 'image', the name of the main picture"),
        (Result(images={"a": X, "A": X}), "a and A would be one file"),
        (Result(frames={"a": X[None], "A": X[None]}), "a and A would be one file"),
        (Result(X, images={"Image": X}), "Image and image would be one file"),
        (Result(metrics={3: 1.0}), "3 is no name of a number"),  # type: ignore[dict-item]
        (Result(series=[1.0]), "series is a list, no dictionary"),  # type: ignore[arg-type]
    ],
)
def test_what_would_be_lost_or_has_no_name_is_refused(result: Result, message: str) -> None:
    with pytest.raises(UserError, match=message):
        check_result(Walk(), result, "techniques/own.py:4")


@pytest.mark.parametrize(
    ("result", "named"),
    [
        (Result(X * math.nan), "image has"),
        (Result(X, images={"red": X / 0}), "red has"),
        (Result(frames={"walk": X[None] * math.inf}), "the frames walk have"),
    ],
)
def test_a_picture_of_a_plug_in_that_is_not_finite_is_its_own(result: Result, named: str) -> None:
    with pytest.raises(UserError) as caught:
        check_finite(Walk(), result, "techniques/own.py:4", torch.float32, on_cpu=True)
    said = one_line(caught.value)
    assert said == f"techniques/own.py:4: Walk.program: {named} values that are not finite"


def test_the_network_is_suspected_only_of_a_picture_without_any_number() -> None:
    nothing, hole = X * math.nan, X.clone()
    hole[0, 0, 0] = math.nan
    for image, suspected in ((nothing, True), (hole, False)):
        with pytest.raises(UserError) as caught:
            check_finite(Walk(), Result(image), "own.py:4", torch.float16, on_cpu=False)
        said = one_line(caught.value)
        assert (", or an answer of the network was not finite" in said) == suspected


def test_a_network_that_exits_fails_its_run_alone(tmp_path: Path) -> None:
    class Exits(Toy):
        def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
            if any(query.t == 2 for query in queries):
                sys.exit(3)
            return super().evaluate(queries)

    runs = [make_run(0, Walk(steps=3)), make_run(1, Walk(steps=2), experiment="fine")]
    store = Store(tmp_path)
    (failure,) = engine(store, Exits(), runs, keep_going=True)
    assert (failure.run, store.has(runs[1].key)) == (runs[0], True)
    assert failure.cause.startswith("SystemExit: 3: ")


def test_ctrl_c_still_ends_the_build(tmp_path: Path) -> None:
    class Pressed(Toy):
        def evaluate(self, queries: Sequence[Query]) -> list[Prediction]:
            press_ctrl_c()

    with pytest.raises(KeyboardInterrupt):
        engine(Store(tmp_path), Pressed(), [make_run(0, Walk())])


def test_a_hint_is_set_apart_from_the_message() -> None:
    assert one_line(UserError("it is broken", hint="mend it")) == "it is broken; mend it"

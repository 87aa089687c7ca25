"""What a figure calls values, files and checkpoints: short, and never two by one name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fwd_report.store.entry import Entry
from fwd_report.techniques.labels import Labels, model_labels, short_names, signed


def entry(**axes: Any) -> Entry:
    none: dict[str, Any] = {}
    return Entry("a", "b", "hybrid", 0, 1, "0" * 64, none, axes, "", Path(), none, none, none)


def test_checkpoints_of_one_training_are_called_by_their_epochs() -> None:
    assert model_labels(["unet@1", "unet@20"]) == {"unet@1": "epoch 1", "unet@20": "epoch 20"}


def test_checkpoints_of_several_trainings_are_called_by_both() -> None:
    names = model_labels(["unet@1", "flow@1", "flow"])
    assert names == {"unet@1": "unet, epoch 1", "flow@1": "flow, epoch 1", "flow": "flow"}


def test_pictures_of_one_stem_are_called_by_their_paths() -> None:
    names = short_names(["experiments/images/dog.png", "other/dog.png", "other/a-cat.png"])
    assert names == {
        "experiments/images/dog.png": "dog.png",
        "other/dog.png": "other/dog.png",
        "other/a-cat.png": "a cat",
    }


def test_two_fields_of_one_value_are_told_apart() -> None:
    both, other = entry(low="a cat", high="a cat"), entry(low="a dog", high="a cat")
    labels = Labels([both, other])
    assert labels.run(both) == "low: a cat, high: a cat"
    assert labels.run(other) == "a dog, high: a cat"


def test_fields_the_papers_write_as_letters_and_negative_numbers() -> None:
    run = entry(guidance=-1, sigma=2.5, digit=None, normalise=True)
    assert Labels([run]).run(run) == "γ = \N{MINUS SIGN}1, σ = 2.5, no digit, normalise: yes"


@pytest.mark.parametrize(
    ("number", "shown"),
    [(1.234, "1.23"), (-1.234, "\N{MINUS SIGN}1.23"), (-0.001, "0.00"), (0.0, "0.00")],
)
def test_no_sign_stands_before_a_zero(number: float, shown: str) -> None:
    assert signed(number) == shown

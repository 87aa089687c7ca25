"""The words that a model was taught, as its folder lists them now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fwd_report.models.vocabulary import FILE, nearest_word, unknown_words


def teach(folder: Path, *words: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(json.dumps({"words": words}))


def test_a_model_that_is_exported_again_has_its_new_words(tmp_path: Path) -> None:
    """As beside an open notebook."""
    teach(tmp_path, "a", "skull")
    assert unknown_words(tmp_path, "a dog, a skull") == ["dog"]
    teach(tmp_path, "a", "dog")
    assert unknown_words(tmp_path, "a dog, a skull") == ["skull"]
    assert nearest_word(tmp_path, "dogg") == "dog"


@pytest.mark.parametrize("own", [None, "no JSON"])
def test_the_words_of_both_stages_are_around_them(tmp_path: Path, own: str | None) -> None:
    teach(tmp_path, "dog")
    stage = tmp_path / "stage_1"
    stage.mkdir()
    if own is not None:
        (stage / FILE).write_text(own)
    assert unknown_words(stage, "Dog cat") == ["cat"]
    teach(stage, "cat")
    assert unknown_words(stage, "Dog cat") == ["dog"], "a stage's own come first"


def test_a_model_that_lists_none_knows_all(tmp_path: Path) -> None:
    assert unknown_words(tmp_path, "anything") == []
    assert unknown_words("a/hub-id", "anything") == []

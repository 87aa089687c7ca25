"""The words a model was taught, if its folder lists them. No torch."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from fwd_report.store.files import read_json

FILE = "vocabulary.json"
"""In a stage's folder or the one around both stages, optional: {"words": [...]}, lower case."""
_WORD = re.compile(r"[^\W\d_]+")


def unknown_words(model: Path | str, prompt: str) -> list[str]:
    """The words of the prompt that the model was not taught, in order, each once.

    Empty for a model whose folder does not list its words.
    """
    words = _words(model) if isinstance(model, Path) else frozenset()
    if not words:
        return []
    found = dict.fromkeys(_WORD.findall(prompt.lower()))
    return [word for word in found if word not in words]


@cache
def _words(model: Path) -> frozenset[str]:
    said = read_json(model / FILE) or read_json(model.parent / FILE)
    return frozenset(said.get("words", ()))

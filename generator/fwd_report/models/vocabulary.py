"""The words a model was taught, if its folder lists them. No torch."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from fwd_report.sources import Stamp, stamp_of
from fwd_report.store.files import read_json

FILE = "vocabulary.json"
"""In a stage's folder or the one around both stages, optional: {"words": [...]}, lower case."""
CLOSE = 0.75
"""The least similarity of a word and its slip: "scull" and "skull" have 0.8, of at most 1."""
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


def nearest_word(model: Path | str, word: str) -> str | None:
    """The word that the model was taught which is spelled most like this one, if any is."""
    known = _words(model) if isinstance(model, Path) else frozenset()
    return next(iter(get_close_matches(word, sorted(known), n=1, cutoff=CLOSE)), None)


def _words(model: Path) -> frozenset[str]:
    own, shared = model / FILE, model.parent / FILE
    return _listed(own, stamp_of(own)) or _listed(shared, stamp_of(shared))


@lru_cache(maxsize=8)
def _listed(file: Path, stamp: Stamp | None) -> frozenset[str]:
    """The words in a file with this stamp: a notebook outlives the export of a model."""
    return frozenset(read_json(file).get("words", ()) if stamp else ())

"""Marks for code and words that make no result, so that changing them makes no result stale.

A module that as a whole names, fetches or checks says so by `OUTSIDE_KEYS = "why"` at its top.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def outside_keys(function: F) -> F:
    """Marks a function or method that only shows, counts, fetches or checks: never part of a key.

    On a method of `Technique` it also says so of the methods that override it, unless the code of
    a run names them.
    """
    function.__outside_keys__ = True  # type: ignore[attr-defined]
    return function


def shown(words: str) -> str:
    """Marks words for the reader's eyes: they may be reworded freely."""
    return words

"""Marks for code and texts that determine no result, so that changing them makes none stale.

A module that as a whole only names, fetches or checks has `OUTSIDE_KEYS = "why"` at its top.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def outside_keys(function: F) -> F:
    """Mark a function or method that only shows, counts, fetches or checks: it is never part of a
    key.

    On a method of `Technique` or `Illusion` the mark also applies to methods that override it,
    unless the code of a run names them.
    """
    function.__outside_keys__ = True  # type: ignore[attr-defined]
    return function


def shown(words: str) -> str:
    """Mark a text that is only read by people: rewording it changes no key."""
    return words

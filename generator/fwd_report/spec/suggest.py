"""Suggestions for a name that does not exist."""

from __future__ import annotations

from collections.abc import Iterable

LISTED = 12
"""Most names listed where none is close."""


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """The closest known name as a question; else all known names, if they are few; else None."""
    from difflib import get_close_matches

    names = sorted(set(known))
    lowered = {known_name.lower(): known_name for known_name in names}
    close = get_close_matches(name.lower()[:200], lowered, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{lowered[close[0]]}'?"
    if 0 < len(names) <= LISTED:
        return f"there is: {', '.join(names)}"
    return None

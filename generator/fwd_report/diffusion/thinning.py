"""Which frames of a long sequence are kept."""

from __future__ import annotations


def evenly(length: int, at_most: int) -> list[int]:
    """At most that many indices below `length`, evenly spread, including the first and the last."""
    if length <= at_most:
        return list(range(length))
    return [round(i * (length - 1) / (at_most - 1)) for i in range(at_most)]

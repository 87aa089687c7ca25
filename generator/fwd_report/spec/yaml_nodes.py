"""The nodes of a YAML tree: each knows its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Place = tuple[int, int]
"""(line, column), counted from 1."""


@dataclass(slots=True)
class Scalar:
    """comment: what follows a value without quotes in its line, with the spaces before it."""

    value: Any
    place: Place
    end_line: int
    comment: str = ""


@dataclass(slots=True)
class YamlSequence:
    items: list[Node]
    place: Place
    end_line: int


@dataclass(slots=True)
class YamlMapping:
    """entries: (key, the key's place, value) in the order of the file."""

    entries: list[tuple[str, Place, Node]]
    place: Place
    end_line: int

    def get(self, key: str) -> Node | None:
        """The value under `key`, or None."""
        return next((node for name, _, node in self.entries if name == key), None)


Node = Scalar | YamlSequence | YamlMapping

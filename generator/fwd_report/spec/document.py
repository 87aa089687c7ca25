"""One file's values under one profile, the place of each, and the problems found in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fwd_report.errors import Problem
from fwd_report.spec.yaml_nodes import Place
from fwd_report.spec.yaml_source import SourceText

ValuePath = tuple[str | int, ...]
"""The keys and list indices that lead to a value."""


@dataclass
class Document:
    """data: the file as plain values. places and keys: where each value and its key are.

    overridden: the `--set` that a value comes from, for values that are in no file.
    """

    source: SourceText
    data: dict[str, Any]
    places: dict[ValuePath, Place]
    keys: dict[ValuePath, Place]
    ends: dict[ValuePath, int] = field(default_factory=dict)
    overridden: dict[ValuePath, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def report(
        self, message: str, path: ValuePath, hint: str | None = None, *, at_key: bool = False
    ) -> None:
        """Add a problem at the value (or its key) at `path`, or at the nearest one above it."""
        self.problems.append(self.problem(message, path, hint, at_key=at_key))

    def problem(
        self, message: str, path: ValuePath, hint: str | None = None, *, at_key: bool = False
    ) -> Problem:
        """The problem that `report` would add."""
        where = path
        while where:
            if where in self.overridden:
                return Problem(f"--set {self.overridden[where]}: {message}", hint=hint)
            if where in self.places:
                break
            where = where[:-1]
        place = self.places.get(where, (1, 1))
        if at_key and where == path:
            place = self.keys.get(where, place)
        return self.source.problem(message, place, hint)

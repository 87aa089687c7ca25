"""Results in rows and columns, each where the plan has it, whichever others are absent."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from fwd_report.store.entry import Entry

V = TypeVar("V", bound=Hashable)


@dataclass(frozen=True)
class Layout:
    """Results in `lines`, one for each of `rows`, from the first of `columns` to the last.

    None stands where a run is absent.
    """

    rows: tuple[Hashable, ...]
    columns: tuple[Hashable, ...]
    lines: tuple[tuple[Entry | None, ...], ...]


def laid_out(
    entries: Sequence[Entry],
    row_of: Callable[[Entry], Hashable],
    column_of: Callable[[Entry], Hashable],
) -> Layout:
    """The results of one experiment in the plan's order of rows and columns.

    Results that belong in one place stand below each other, in rows of the same name.
    """
    lines: dict[tuple[Hashable, int], dict[Hashable, Entry]] = {}
    columns: dict[Hashable, dict[tuple[Hashable, int], int]] = {}
    for entry in entries:
        name, column = row_of(entry), column_of(entry)
        repeat = 0
        while column in lines.get((name, repeat), {}):
            repeat += 1
        row = (name, repeat)
        lines.setdefault(row, {})[column] = entry
        columns.setdefault(column, {})[row] = entry.index
    rows = planned_order(columns.values())
    ordered = planned_order(
        {column: entry.index for column, entry in line.items()} for line in lines.values()
    )
    return Layout(
        rows=tuple(name for name, _ in rows),
        columns=ordered,
        lines=tuple(tuple(lines[row].get(column) for column in ordered) for row in rows),
    )


def planned_order(lines: Iterable[Mapping[V, int]]) -> tuple[V, ...]:
    """The values of all lines as the plan orders them, although any line may lack some.

    lines: a row's columns (or a column's rows), each with the index of its run in the plan. In a
    product of swept values two columns are as far apart in every row, so a value that one line
    lacks takes its place from another line.
    """
    places: dict[V, int] = {}
    for line in sorted(lines, key=len, reverse=True):
        shared = next((value for value in line if value in places), None)
        if shared is None:
            shift = max(places.values(), default=-1) + 1 - min(line.values())
        else:
            shift = places[shared] - line[shared]
        for value, index in line.items():
            places.setdefault(value, index + shift)
    return tuple(sorted(places, key=lambda value: places[value]))

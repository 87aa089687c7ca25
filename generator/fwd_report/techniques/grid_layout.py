"""Results in rows and columns, each in its planned place even if others are absent."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from fwd_report.store.entry import Entry
from fwd_report.techniques.labels import place

V = TypeVar("V", bound=Hashable)


@dataclass(frozen=True)
class Layout:
    """Results in `lines`, one line for each of `rows`, ordered as `columns`.

    None stands for an absent run. rows and columns: one result of each, to label it by.
    """

    rows: tuple[Entry, ...]
    columns: tuple[Entry, ...]
    lines: tuple[tuple[Entry | None, ...], ...]


def laid_out(entries: Sequence[Entry], rows: Collection[str], columns: Collection[str]) -> Layout:
    """The results of one experiment, with rows and columns in plan order.

    rows, columns: the axes that distinguish the rows and the columns. Results for the same cell are
    stacked, in rows of the same name.
    """
    lines: dict[tuple[Hashable, int], dict[Hashable, Entry]] = {}
    places: dict[Hashable, dict[tuple[Hashable, int], int]] = {}
    for entry in entries:
        name, column = place(entry, rows), place(entry, columns)
        repeat = 0
        while column in lines.get((name, repeat), {}):
            repeat += 1
        row = (name, repeat)
        lines.setdefault(row, {})[column] = entry
        places.setdefault(column, {})[row] = entry.index
    ordered = planned_order(
        {column: entry.index for column, entry in line.items()} for line in lines.values()
    )
    of_column = {column: entry for line in lines.values() for column, entry in line.items()}
    shown = [lines[row] for row in planned_order(places.values())]
    return Layout(
        rows=tuple(next(iter(line.values())) for line in shown),
        columns=tuple(of_column[column] for column in ordered),
        lines=tuple(tuple(line.get(column) for column in ordered) for line in shown),
    )


def planned_order(lines: Iterable[Mapping[V, int]]) -> tuple[V, ...]:
    """The values of all lines in plan order, although any line may lack some.

    lines: a row's columns (or a column's rows), each with the index of its run in the plan. In a
    product of swept values, two columns are equally far apart in every row, so a value that one
    line lacks is placed by another line.
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

"""Sheets of samples: one grid for each model, classes as columns, samples wrapped into rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fwd_report.store.entry import Entry
from fwd_report.techniques.grid_layout import Layout, laid_out
from fwd_report.techniques.grids import picture_of, swept_grid
from fwd_report.techniques.labels import Labels, place
from fwd_report.techniques.parts import Grid
from fwd_report.techniques.registry import class_fields, training_fields

WIDTH = 10
"""Most samples in a row of a sheet."""


def sheets(entries: Sequence[Entry]) -> list[Grid]:
    """One grid for each swept model, or one for all if none is swept."""
    return [_sheet(title, group) for title, group in by_model(entries)]


def by_model(entries: Sequence[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    """The entries of each swept model with its title, such as "epoch 5"."""
    labels = Labels(entries)
    models = training_fields(entries)
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(labels.run(entry, models), []).append(entry)
    yield from groups.items()


def rows_of(entries: Sequence[Entry]) -> list[list[Entry | None]]:
    """The entries as rows: a column for each class, or samples in rows of WIDTH."""
    axes = _axes(entries)
    if axes == ["sample"] or not axes:
        return _wrapped(entries)
    return [list(row) for row in _by_class(entries, axes)[0].lines]


def _axes(entries: Sequence[Entry]) -> list[str]:
    models = training_fields(entries)
    axes = dict.fromkeys(axis for entry in entries for axis in entry.axes)
    return [axis for axis in axes if axis not in models]


def _wrapped(entries: Sequence[Entry]) -> list[list[Entry | None]]:
    """Samples in the order of their numbers, with a gap for each absent one."""
    placed = {entry.axes.get("sample", 1) - 1: entry for entry in entries}
    row = [placed.get(place) for place in range(max(placed) + 1)]
    return [row[start : start + WIDTH] for start in range(0, len(row), WIDTH)]


def _by_class(entries: Sequence[Entry], axes: Sequence[str]) -> tuple[Layout, str]:
    """The entries in columns for each class, or for each value of the last axis; and that axis."""
    classes = class_fields(entries)
    columns = next((axis for axis in axes if axis in classes), axes[-1])
    return laid_out(entries, [axis for axis in axes if axis != columns], [columns]), columns


def _sheet(title: str, entries: Sequence[Entry]) -> Grid:
    axes = _axes(entries)
    if not title and class_fields(entries).isdisjoint(axes) and axes != ["sample"]:
        return swept_grid(entries)
    labels = Labels(entries)
    rows = rows_of(entries)
    names = _once([_row_label(row, labels) for row in rows])
    names[0] = ", ".join(part for part in (title, names[0]) if part)
    return Grid(
        rows=tuple(tuple(picture_of(entry) for entry in row) for row in rows),
        row_labels=tuple(names) if any(names) else (),
        column_labels=_columns(entries, axes, labels),
    )


def _columns(entries: Sequence[Entry], axes: Sequence[str], labels: Labels) -> tuple[str, ...]:
    """The column labels: a class by its number alone, samples without one."""
    if not axes or axes == ["sample"]:
        return ()
    layout, axis = _by_class(entries, axes)
    if axis == "sample":
        return ()
    if axis in class_fields(entries):
        return tuple(str(entry.axes.get(axis, "no class")) for entry in layout.columns)
    return tuple(labels.run(entry, [axis]) for entry in layout.columns)


def _once(labels: Sequence[str]) -> list[str]:
    """The labels, each only if it differs from that of the row above."""
    return [
        "" if label == above else label for above, label in zip(("", *labels), labels, strict=False)
    ]


def _row_label(row: Sequence[Entry | None], labels: Labels) -> str:
    """The swept values that all pictures of a row share, except model, class and sample."""
    present = [entry for entry in row if entry is not None]
    if not present:
        return ""
    first = present[0]
    shared = [
        axis
        for axis in first.axes
        if axis not in ("sample", *training_fields(present), *class_fields(present))
        and all(place(entry, [axis]) == place(first, [axis]) for entry in present)
    ]
    return labels.run(first, shared)

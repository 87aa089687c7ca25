"""Sheets of samples: one grid for each model, classes as columns, samples wrapped into rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fwd_report.store.entry import Entry
from fwd_report.techniques.parts import Grid, Picture, axis_label, swept_grid

WIDTH = 10
"""Most samples in a row of a sheet."""


def sheets(entries: Sequence[Entry]) -> list[Grid]:
    """One grid for each value of the axis `model`, or one for all where no model is swept."""
    return [_sheet(title, group) for title, group in by_model(entries)]


def by_model(entries: Sequence[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    """The entries of each swept model with its title, such as "epoch 5"."""
    groups: dict[Any, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.axes.get("model"), []).append(entry)
    for model, group in groups.items():
        name, _, epoch = str(model or "").partition("@")
        yield f"epoch {epoch}" if epoch else name, group


def rows_of(entries: Sequence[Entry]) -> list[list[Entry]]:
    """The entries as rows: a column for each class, or samples alone in rows of WIDTH."""
    axes = [axis for axis in dict.fromkeys(a for e in entries for a in e.axes) if axis != "model"]
    if axes == ["sample"] or not axes:
        return [list(entries[start : start + WIDTH]) for start in range(0, len(entries), WIDTH)]
    columns = "label" if "label" in axes else axes[-1]
    rows: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        place = tuple(str(entry.axes.get(axis, "")) for axis in axes if axis != columns)
        rows.setdefault(place, []).append(entry)
    return list(rows.values())


def _sheet(title: str, entries: Sequence[Entry]) -> Grid:
    if not title and not any("label" in entry.axes for entry in entries):
        axes = {axis for entry in entries for axis in entry.axes}
        if axes != {"sample"}:
            return swept_grid(entries)
    rows = rows_of(entries)
    labels = [_row_label(row) for row in rows]
    labels[0] = ", ".join(part for part in (title, labels[0]) if part)
    by_label = all("label" in entry.axes for entry in entries)
    return Grid(
        rows=tuple(
            tuple(Picture(entry.picture(), entry.alt, entry=entry) for entry in row) for row in rows
        ),
        row_labels=tuple(labels) if any(labels) else (),
        column_labels=tuple(str(entry.axes["label"]) for entry in rows[0]) if by_label else (),
    )


def _row_label(row: Sequence[Entry]) -> str:
    """The swept values that all pictures of a row share, but for model, class and sample."""
    shared = [
        axis_label(axis, value)
        for axis, value in row[0].axes.items()
        if axis not in ("model", "label", "sample")
        and all(entry.axes.get(axis) == value for entry in row)
    ]
    return ", ".join(shared)

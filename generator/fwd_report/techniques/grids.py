"""Grids of results, as swept."""

from __future__ import annotations

from collections.abc import Sequence

from fwd_report.store.entry import Entry
from fwd_report.techniques.grid_layout import laid_out
from fwd_report.techniques.labels import Labels
from fwd_report.techniques.parts import Grid, Picture


def swept_grid(entries: Sequence[Entry], name: str = "image") -> Grid:
    """The default figure: the last axis makes the columns, the axes before it the rows."""
    axes = list(dict.fromkeys(axis for entry in entries for axis in entry.axes))
    labels = Labels(entries)
    layout = laid_out(entries, axes[:-1], axes[-1:])
    rows = tuple(labels.run(entry, axes[:-1]) for entry in layout.rows)
    columns = tuple(labels.run(entry, axes[-1:]) for entry in layout.columns)
    return Grid(
        rows=tuple(tuple(picture_of(entry, name) for entry in row) for row in layout.lines),
        row_labels=rows if any(rows) else (),
        column_labels=columns if any(columns) else (),
    )


def picture_of(entry: Entry | None, name: str = "image") -> Picture | None:
    """A run's picture; None for an absent run."""
    return None if entry is None else Picture(entry.picture(name), entry.alt, entry=entry)

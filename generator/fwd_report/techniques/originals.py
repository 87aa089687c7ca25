"""Figures of results that have an original: the original beside them, PSNR beneath them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fwd_report.store.entry import Entry
from fwd_report.techniques.parts import Grid, Picture, axes_label


def original_of(entry: Entry) -> Picture:
    """The picture a run started from, as the model saw it."""
    return Picture(entry.picture("original"), f"the original of: {entry.alt}", entry=entry)


def last_of(row: Sequence[Picture | None]) -> Entry | None:
    """The last run of a row that is there."""
    return next((p.entry for p in reversed(row) if p is not None and p.entry is not None), None)


def with_original(grid: Grid, column: str = "result") -> Grid:
    """The grid with each row ending in its original; `column` names an unnamed column."""
    rows = tuple((*row, original_of(last)) for row in grid.rows if (last := last_of(row)))
    columns = grid.column_labels or (column,)
    return replace(grid, rows=rows, column_labels=(*columns, "original"))


def with_psnr(grid: Grid) -> Grid:
    """The grid with its PSNR beneath each picture that has one."""
    return replace(grid, rows=tuple(tuple(map(_noted, row)) for row in grid.rows))


def _noted(picture: Picture | None) -> Picture | None:
    psnr = picture.entry.metrics.get("psnr") if picture and picture.entry else None
    return (
        picture if picture is None or psnr is None else replace(picture, note=f"PSNR {psnr:.1f} dB")
    )


def noised_and_result(entries: Sequence[Entry], name: str) -> Grid:
    """A row for each run: the noised image, what `name` made of it, the original."""
    return Grid(
        rows=tuple(
            (
                Picture(entry.picture("noised"), f"what was given for: {entry.alt}", entry=entry),
                _noted(Picture(entry.picture(), entry.alt, entry=entry)),
                original_of(entry),
            )
            for entry in entries
        ),
        row_labels=tuple(axes_label(entry) for entry in entries),
        column_labels=("noised", name, "original"),
    )


def has_original(entry: Entry) -> bool:
    """Whether the run stored the picture it started from."""
    return entry.picture("original").is_file()

"""Figures of results with an original: the original beside them, PSNR beneath them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import isinf

from fwd_report.store.entry import Entry
from fwd_report.techniques.labels import Labels
from fwd_report.techniques.parts import Grid, Picture

DECIBELS = "PSNR against the original"
"""The meaning of the numbers that `with_psnr` writes beneath pictures."""


def original_of(entry: Entry) -> Picture:
    """The picture that a run started from, as the model saw it."""
    return Picture(entry.picture("original"), f"the original of: {entry.alt}", entry=entry)


def looks(entry: Entry, name: str) -> str:
    """A digest of a stored picture, equal if two runs have the same one; "" without a file."""
    path = entry.picture(name)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def with_original(grid: Grid, result: str = "result") -> Grid:
    """The grid with the originals of its pictures, each beside the runs that have it.

    One original per row makes a last column, one per column a last row; if originals vary along
    both, each picture has its own beside it. result: the label of an unlabelled column.
    """
    columns = grid.column_labels or (result,)
    if not any(map(_several, grid.rows)):
        rows = tuple((*row, _original(row)) for row in grid.rows)
        return replace(grid, rows=rows, column_labels=(*columns, "original"))
    width = max(map(len, grid.rows))
    full = [(*row, *(None,) * (width - len(row))) for row in grid.rows]
    below = list(zip(*full, strict=True))
    if not any(map(_several, below)):
        labels = grid.row_labels or (result, *("",) * (len(full) - 1))
        last = tuple(map(_original, below))
        return replace(grid, rows=(*grid.rows, last), row_labels=(*labels, "original"))
    return replace(
        grid,
        rows=tuple(tuple(p for cell in row for p in (cell, _original([cell]))) for row in full),
        column_labels=tuple(f"{column}{of}" for column in columns for of in ("", ": original")),
    )


def _entries(pictures: Iterable[Picture | None]) -> list[Entry]:
    return [picture.entry for picture in pictures if picture and picture.entry]


def _several(pictures: Iterable[Picture | None]) -> bool:
    """Whether these have more than one original."""
    return len({looks(entry, "original") for entry in _entries(pictures)}) > 1


def _original(pictures: Iterable[Picture | None]) -> Picture | None:
    """The original that all of these have; None if all are absent."""
    entries = _entries(pictures)
    return original_of(entries[-1]) if entries else None


def with_psnr(grid: Grid) -> Grid:
    """The grid with its PSNR beneath each picture that has one."""
    rows = tuple(tuple(map(_noted, row)) for row in grid.rows)
    noted = any(picture and picture.note for row in rows for picture in row)
    return replace(grid, rows=rows, notes=DECIBELS if noted else "")


def _noted(picture: Picture | None) -> Picture | None:
    psnr = picture.entry.metrics.get("psnr") if picture and picture.entry else None
    return picture if picture is None or psnr is None else replace(picture, note=decibels(psnr))


def decibels(psnr: float) -> str:
    """A PSNR as shown beneath a picture; infinite for equal pictures."""
    return f"{'∞' if isinf(psnr) else f'{psnr:.1f}'}\N{NO-BREAK SPACE}dB"


def noised_and_result(entries: Sequence[Entry], name: str) -> Grid:
    """One row for each run: the noised image, the result of `name`, the original."""
    labels = Labels(entries)
    results = [_noted(Picture(entry.picture(), entry.alt, entry=entry)) for entry in entries]
    return Grid(
        rows=tuple(
            (
                Picture(entry.picture("noised"), f"what was given for: {entry.alt}", entry=entry),
                result,
                original_of(entry),
            )
            for entry, result in zip(entries, results, strict=True)
        ),
        row_labels=tuple(labels.run(entry) for entry in entries),
        column_labels=("noised", name, "original"),
        notes=DECIBELS if any(result and result.note for result in results) else "",
    )


def has_original(entry: Entry) -> bool:
    """Whether the run stored the picture that it started from."""
    return entry.picture("original").is_file()

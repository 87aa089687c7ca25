"""Sheets of samples: one grid for each model, classes as columns, samples wrapped into rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from fwd_report.store.entry import Entry
from fwd_report.techniques.layout import Layout, laid_out
from fwd_report.techniques.parts import Grid, axis_label, picture_of, swept_grid

WIDTH = 10
"""Most samples in a row of a sheet."""


def sheets(entries: Sequence[Entry]) -> list[Grid]:
    """One grid for each value of the axis `model`, or one for all where no model is swept."""
    return [_sheet(title, group) for title, group in by_model(entries)]


def by_model(entries: Sequence[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    """The entries of each swept model with its title, such as "epoch 5"."""
    groups: dict[Any, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.axes.get("model", ""), []).append(entry)
    titles = model_labels(groups)
    for model, group in groups.items():
        yield titles[model], group


def model_labels(models: Collection[str]) -> dict[str, str]:
    """What titles each reference to a training: `unet@5` is "epoch 5" if all are of `unet`."""
    several = len({model.partition("@")[0] for model in models}) > 1

    def title(model: str) -> str:
        name, _, epoch = model.partition("@")
        named = [name] if several or not epoch else []
        return ", ".join([*named, f"epoch {epoch}"] if epoch else named)

    return {model: title(model) for model in models}


def rows_of(entries: Sequence[Entry]) -> list[list[Entry | None]]:
    """The entries as rows: a column for each class, or samples alone in rows of WIDTH."""
    axes = _axes(entries)
    if axes == ["sample"] or not axes:
        return _wrapped(entries)
    return [list(row) for row in _by_class(entries, axes).lines]


def _axes(entries: Sequence[Entry]) -> list[str]:
    return [axis for axis in dict.fromkeys(a for e in entries for a in e.axes) if axis != "model"]


def _wrapped(entries: Sequence[Entry]) -> list[list[Entry | None]]:
    """Samples in the order of their numbers, a gap where one is absent."""
    placed = {entry.axes.get("sample", 1) - 1: entry for entry in entries}
    row = [placed.get(place) for place in range(max(placed) + 1)]
    return [row[start : start + WIDTH] for start in range(0, len(row), WIDTH)]


def _by_class(entries: Sequence[Entry], axes: Sequence[str]) -> Layout:
    columns = "digit" if "digit" in axes else axes[-1]
    rows = [axis for axis in axes if axis != columns]
    return laid_out(
        entries,
        lambda entry: tuple(entry.axes.get(axis) for axis in rows),
        lambda entry: entry.axes.get(columns),
    )


def _sheet(title: str, entries: Sequence[Entry]) -> Grid:
    axes = _axes(entries)
    if not title and "digit" not in axes and axes != ["sample"]:
        return swept_grid(entries)
    rows = rows_of(entries)
    labels = _once([_row_label(row) for row in rows])
    labels[0] = ", ".join(part for part in (title, labels[0]) if part)
    columns = _by_class(entries, axes).columns if "digit" in axes else ()
    return Grid(
        rows=tuple(tuple(picture_of(entry) for entry in row) for row in rows),
        row_labels=tuple(labels) if any(labels) else (),
        column_labels=tuple(map(str, columns)),
    )


def _once(labels: Sequence[str]) -> list[str]:
    """The labels, each only where it is another than that of the row above."""
    return [
        "" if label == above else label for above, label in zip(("", *labels), labels, strict=False)
    ]


def _row_label(row: Sequence[Entry | None]) -> str:
    """The swept values that all pictures of a row share, but for model, class and sample."""
    present = [entry for entry in row if entry is not None]
    if not present:
        return ""
    shared = [
        axis_label(axis, value)
        for axis, value in present[0].axes.items()
        if axis not in ("model", "digit", "sample")
        and all(entry.axes.get(axis) == value for entry in present)
    ]
    return ", ".join(shared)

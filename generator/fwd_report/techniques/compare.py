"""A figure of several experiments side by side; runs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from fwd_report.techniques.base import AllRuns, Technique

if TYPE_CHECKING:
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.parts import Part


class Compare(Technique):
    """A column for each experiment, a row for each combination of swept values.

    Experiments that were swept differently share one row. Pictures have their PSNR beneath
    them, and a row ends in the original where its last run has one.
    """

    name: ClassVar[str] = "compare"
    kind: ClassVar[Literal["figure"]] = "figure"
    stage: ClassVar[None] = None

    of: list[AllRuns] = Field(min_length=1, max_length=12)

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        from fwd_report.techniques.originals import has_original, with_original, with_psnr
        from fwd_report.techniques.parts import Grid, Picture, axis_label

        experiments: dict[tuple[str, str], dict[str, Entry]] = {}
        for entry in entries:
            swept = ", ".join(axis_label(axis, value) for axis, value in entry.axes.items())
            experiments.setdefault((entry.section, entry.experiment), {})[swept] = entry
        sweeps = [list(runs) for runs in experiments.values()]
        rows: list[list[Entry]]
        if all(sweep == sweeps[0] for sweep in sweeps):
            rows = [[runs[swept] for runs in experiments.values()] for swept in sweeps[0]]
            row_labels = sweeps[0]
        else:
            rows, row_labels = [list(entries)], [""]
        grid = with_psnr(
            Grid(
                rows=tuple(
                    tuple(Picture(entry.picture(), entry.alt, entry=entry) for entry in row)
                    for row in rows
                ),
                row_labels=tuple(row_labels) if any(row_labels) else (),
                column_labels=tuple(entry.label for entry in rows[0]),
            )
        )
        return [with_original(grid) if all(has_original(row[-1]) for row in rows) else grid]

"""A figure of several experiments side by side; runs nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

    def objection(self, field: str, target: Technique) -> str | None:
        """A job's results are no pictures."""
        if target.kind == "job":
            return f"which makes no pictures: its technique is {target.name}"
        return None

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        from fwd_report.techniques.layout import planned_order
        from fwd_report.techniques.originals import has_original, last_of, with_original, with_psnr
        from fwd_report.techniques.parts import Grid, axes_label, picture_of

        experiments: dict[tuple[str, str], dict[str, Entry]] = {}
        for entry in entries:
            swept = axes_label(entry)
            experiments.setdefault((entry.section, entry.experiment), {})[swept] = entry
        columns = list(experiments.values())
        rows: list[list[Entry | None]] = [list(entries)]
        row_labels: list[str] = []
        labels = [entry.label for entry in entries]
        column_labels = [
            f"{entry.label}, {axes_label(entry)}" if labels.count(entry.label) > 1 else entry.label
            for entry in entries
        ]
        if _swept_alike(columns):
            places = [{swept: run.index for swept, run in runs.items()} for runs in columns]
            row_labels = list(planned_order(places))
            rows = [[runs.get(swept) for runs in columns] for swept in row_labels]
            column_labels = [next(iter(runs.values())).label for runs in columns]
        grid = with_psnr(
            Grid(
                rows=tuple(tuple(picture_of(entry) for entry in row) for row in rows),
                row_labels=tuple(row_labels) if any(row_labels) else (),
                column_labels=tuple(column_labels),
            )
        )
        last = [last_of(row) for row in grid.rows]
        complete = all(entry is not None and has_original(entry) for entry in last)
        return [with_original(grid) if complete else grid]


def _swept_alike(experiments: Sequence[Mapping[str, Entry]]) -> bool:
    """Whether the k-th run of every experiment has the same swept values, where it is there."""
    by_index: dict[int, str] = {}
    by_value: dict[str, int] = {}
    return all(
        by_index.setdefault(run.index, swept) == swept
        and by_value.setdefault(swept, run.index) == run.index
        for runs in experiments
        for swept, run in runs.items()
    )

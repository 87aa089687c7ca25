"""A figure of several experiments side by side; runs nothing."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from fwd_report.techniques.base import AllRuns, Technique

if TYPE_CHECKING:
    from fwd_report.store.entry import Entry
    from fwd_report.techniques.parts import Part


class Compare(Technique):
    """A column for each experiment, a row for each combination of swept values.

    Experiments that were swept differently share one row. Pictures have their PSNR beneath them,
    and their originals beside them if all have one. A column is headed by its experiment's `label`,
    else by a short title, else by its id.
    """

    name: ClassVar[str] = "compare"
    kind: ClassVar[Literal["figure"]] = "figure"
    stage: ClassVar[None] = None

    of: list[AllRuns] = Field(min_length=1, max_length=12)

    @classmethod
    def shows_all_epochs(cls) -> bool:
        return True

    def objection(self, field: str, target: Technique) -> str | None:
        """A job's results are not pictures."""
        if target.kind == "job":
            return f"which makes no pictures: its technique is {target.name}"
        return None

    @classmethod
    def figure(cls, entries: Sequence[Entry]) -> Sequence[Part]:
        from fwd_report.techniques.grid_layout import planned_order
        from fwd_report.techniques.grids import picture_of
        from fwd_report.techniques.labels import Labels, experiment_names, place
        from fwd_report.techniques.originals import has_original, with_original, with_psnr
        from fwd_report.techniques.parts import Grid

        names, labels = experiment_names(entries), Labels(entries)
        experiments: dict[tuple[str, str], list[Entry]] = {}
        for entry in entries:
            experiments.setdefault((entry.section, entry.experiment), []).append(entry)
        columns = [{place(run): run for run in runs} for runs in experiments.values()]
        rows: list[list[Entry | None]]
        if sum(map(len, columns)) == len(entries) and _swept_alike(columns):
            places = planned_order({swept: r.index for swept, r in c.items()} for c in columns)
            rows = [[runs.get(swept) for runs in columns] for swept in places]
            row_labels = tuple(labels.run(next(filter(None, row))) for row in rows)
            column_labels = tuple(names[experiment] for experiment in experiments)
        else:
            rows = [[run for runs in experiments.values() for run in runs]]
            row_labels = ()
            column_labels = tuple(
                ", ".join(filter(None, (names[experiment], labels.run(run) if runs[1:] else "")))
                for experiment, runs in experiments.items()
                for run in runs
            )
        grid = with_psnr(
            Grid(
                rows=tuple(tuple(picture_of(entry) for entry in row) for row in rows),
                row_labels=row_labels if any(row_labels) else (),
                column_labels=column_labels,
            )
        )
        return [with_original(grid) if all(map(has_original, entries)) else grid]


def _swept_alike(experiments: Sequence[Mapping[Hashable, Entry]]) -> bool:
    """Whether the k-th runs of all experiments have the same swept values, as far as they exist."""
    by_index: dict[int, Hashable] = {}
    by_value: dict[Hashable, int] = {}
    return all(
        by_index.setdefault(run.index, swept) == swept
        and by_value.setdefault(swept, run.index) == run.index
        for runs in experiments
        for swept, run in runs.items()
    )

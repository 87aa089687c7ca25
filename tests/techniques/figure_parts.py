"""The parts of an experiment's figure, made of entries without files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fwd_report.store.entry import Entry
from fwd_report.techniques.parts import Grid

HERE = Path("store")


def entry(number: int, axes: dict[str, Any], experiment: str = "e", **given: Any) -> Entry:
    fields = {
        "params": {}, "metrics": {}, "series": {}, "folder": HERE / experiment / str(number),
    }  # fmt: skip
    return Entry(
        section="s", experiment=experiment, technique="sample", index=number, seed=number, key="k",
        axes=axes, alt=f"{experiment} {number}", provenance={}, label=experiment.title(),
        **{**fields, **given},
    )  # fmt: skip


def names(grid: Grid) -> list[list[str]]:
    return [
        [f"{p.source.parent.name}/{p.source.stem}" if p else "absent" for p in row]
        for row in grid.rows
    ]


def swept(*absent: int) -> list[Entry]:
    """Two prompts at three numbers of steps, without some of the six runs."""
    axes = [{"prompt": p, "steps": s} for p in ("a dog", "an owl") for s in (5, 10, 20)]
    return [entry(n, a) for n, a in enumerate(axes) if n not in absent]

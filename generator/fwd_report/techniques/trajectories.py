"""Figures of trajectories: the frames a sampling loop went through."""

from __future__ import annotations

from collections.abc import Sequence

from fwd_report.store.entry import Entry
from fwd_report.techniques.parts import Animations, Part, Trajectory
from fwd_report.techniques.sheets import by_model, rows_of

NAME = "trajectory"
"""The frames' name in a result; `series["t"]` holds their times."""
STRIP = 6
"""About how many frames the strip of a single sample shows."""


def trajectory_of(entry: Entry, every: int, label: str = "") -> Trajectory:
    """A run's trajectory; its strip shows every n-th frame and the last.

    label: what tells it from the other runs.
    """
    times = entry.series["t"]
    return Trajectory(
        entry,
        NAME,
        labels=tuple(_time_label(t) for t in times),
        picks=tuple(sorted({*range(0, len(times), every), len(times) - 1})),
        alt=f"{entry.alt}, from {_time_label(times[0])} to {_time_label(times[-1])}",
        label=label,
    )


def animations_of(entries: Sequence[Entry]) -> list[Part]:
    """The kept trajectories in motion: a strip for one run, one GIF per model for several."""
    moving = [entry for entry in entries if "t" in entry.series]
    if not moving:
        return []
    if len(moving) == 1:
        return [trajectory_of(moving[0], max(1, len(moving[0].series["t"]) // STRIP))]
    clips = tuple(
        (title, tuple(tuple(row) for row in rows_of(group))) for title, group in by_model(moving)
    )
    return [Animations(clips, NAME, alt=f"from noise to pictures: {moving[0].alt} and others")]


def _time_label(t: float) -> str:
    return "clean" if t == -1 else f"t = {t:g}"

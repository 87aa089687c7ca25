"""The losses of trainings in one chart."""

from __future__ import annotations

from collections.abc import Sequence

from fwd_report.store.entry import Entry
from fwd_report.techniques.labels import Labels, experiment_names
from fwd_report.techniques.parts import Curve


def loss_curve(entries: Sequence[Entry]) -> Curve:
    """The training losses of several runs in one chart with a log axis.

    A line is labelled by its swept values, and by its experiment if there are several.
    """
    from fwd_report.techniques.registry import technique_of

    experiments = experiment_names(entries)
    several = len(experiments) > 1
    labels = Labels(entries)
    losses = {technique_of(entry).loss_name() for entry in entries}

    def name(entry: Entry) -> str:
        swept = labels.run(entry)
        title = experiments[entry.section, entry.experiment]
        return ": ".join(filter(None, (title, swept))) if several else swept or title

    lines = tuple((name(entry), tuple(entry.series["loss"])) for entry in entries)
    return Curve(
        lines,
        x_label="optimizer step",
        y_label=losses.pop() if len(losses) == 1 else "loss",
        alt="training loss by step: "
        + ", ".join(f"{name} ends at {values[-1]:.4f}" for name, values in lines),
        log_y=True,
        smooth=True,
    )

"""All that a figure's pictures were chosen among, the best first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fwd_report.store.entry import Entry
from fwd_report.techniques.choosing import BEST_OF, in_order
from fwd_report.techniques.labels import Labels
from fwd_report.techniques.parts import Grid, Picture


def candidates(entries: Iterable[Entry]) -> list[Entry]:
    """What the results were chosen among, each once."""
    found = {each.key: each for entry in entries for each in _of(entry)}
    return list(found.values())


def strips(entries: Sequence[Entry]) -> list[Grid]:
    """A strip for each variant: its candidates in the scorer's order, with their seeds."""
    choosers = {tuple(candidate.key for candidate in _of(entry)): entry for entry in entries}
    labels = Labels(choosers.values())
    found = []
    for entry in choosers.values():
        if group := _of(entry):
            ordered = [group[index] for index in in_order(entry.series)]
            row = tuple(
                Picture(each.picture(), each.alt, f"seed {each.seed}", entry=each)
                for each in ordered
            )
            variant = labels.run(entry, [axis for axis in entry.axes if axis != "sample"])
            found.append(Grid((row,), (variant,)))
    return found


def _of(entry: Entry) -> tuple[Entry, ...]:
    return entry.needs.get(BEST_OF, ())

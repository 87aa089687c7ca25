"""All that a figure's pictures were chosen among, the best first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fwd_report.store.entry import Entry
from fwd_report.techniques.choosing import BEST_OF, CANDIDATE, SCORES, in_order
from fwd_report.techniques.labels import Labels
from fwd_report.techniques.parts import Grid, Picture


def candidates(entries: Iterable[Entry]) -> list[Entry]:
    """What the results were chosen among, each once."""
    found = {each.key: each for entry in entries for each in _of(entry)}
    return list(found.values())


def strips(entries: Sequence[Entry]) -> list[Grid]:
    """A strip for each variant: its candidates in the scorer's order, with their seeds and scores,
    and which of them were chosen.
    """
    choosers = {tuple(candidate.key for candidate in _of(entry)): entry for entry in entries}
    taken = {
        (group[int(entry.metrics[CANDIDATE])].key, group[0].key)
        for entry in entries
        if (group := _of(entry))
    }
    labels = Labels(choosers.values())
    found = []
    for entry in choosers.values():
        if group := _of(entry):
            ordered = [group[index] for index in in_order(entry.series)]
            scores = entry.series[SCORES[0]]
            row = tuple(
                Picture(
                    each.picture(),
                    each.alt,
                    f"seed {each.seed}{', chosen' if (each.key, group[0].key) in taken else ''}",
                    f"{SCORES[0]} {scores[group.index(each)]:.2f}",
                    entry=each,
                )
                for each in ordered
            )
            variant = labels.run(entry, [axis for axis in entry.axes if axis != "sample"])
            found.append(Grid((row,), (variant,)))
    return found


def _of(entry: Entry) -> tuple[Entry, ...]:
    return entry.needs.get(BEST_OF, ())

"""The stored results of runs, verified once each, as techniques and pages see them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fwd_report.plan.run import Run, drawn
from fwd_report.store.entry import Entry
from fwd_report.store.store import DamagedEntryError, Store
from fwd_report.techniques.choosing import BEST_OF


class Entries:
    """Reads the entries of runs; each key's files are verified when first read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[tuple[str, str], Entry] = {}

    def read(self, run: Run) -> Entry:
        """The run's entry, with those of the runs it needs.

        Raises DamagedEntryError, with the entry moved aside, if files are not as stored.
        """
        name = (run.name, run.key)
        if name not in self._read:
            manifest = self._store.read(run.key)
            self._read[name] = entry_of(
                run,
                self._store.folder(run.key),
                {field: tuple(map(self.read, group)) for field, group in run.needs.items()},
                metrics=manifest.metrics,
                series=manifest.series,
                provenance=manifest.provenance,
                files=manifest.files,
            )
        return self._read[name]


def entry_of(
    run: Run, folder: Path, needs: Mapping[str, tuple[Entry, ...]], **stored: Any
) -> Entry:
    """The entry of a run whose files are in `folder`.

    needs: the entries of the runs it refers to. stored: the fields of its manifest: metrics,
    series, provenance, files.
    """
    return Entry(
        section=run.section,
        experiment=run.experiment,
        technique=run.technique.name,
        index=run.index,
        seed=drawn(run, stored["metrics"]).seed,
        key=run.key,
        params=run.technique.model_dump(mode="json"),
        axes=run.axes,
        alt=run.alt,
        folder=folder,
        needs=needs,
        inputs=run.inputs,
        label=run.label,
        **stored,
    )


def drawn_as_stored(store: Store, run: Run) -> Run:
    """The run that drew the picture of `run`: where it has not chosen yet, its first candidate."""
    if BEST_OF not in run.needs:
        return run
    try:
        if store.has(run.key):
            return drawn(run, store.manifest(run.key).metrics)
    except DamagedEntryError:
        pass  # it has to choose again
    return run.needs[BEST_OF][0]

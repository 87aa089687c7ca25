"""Whether a run has to run, and why: what differs from its last result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fwd_report.plan.keys import differences
from fwd_report.plan.run import Run, Status
from fwd_report.store.store import DamagedEntryError, Store

NEW = "new: it has not run yet"
DELETED = "its result was deleted"
DAMAGED = "its result was damaged and set aside"


class History:
    """What the store knows about the last result of each run."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._damaged = store.damaged()

    def status_of(
        self, name: str, key: str, parts: Mapping[str, Any], needs: Mapping[str, tuple[Run, ...]]
    ) -> tuple[Status, tuple[str, ...]]:
        """A run's status, and, unless it is fresh, the reasons, one line each.

        name: `section.experiment[index]`. needs: the runs it refers to, by field name.
        """
        if self._store.has(key):
            return "fresh", ()
        last = self._store.last_key(name)
        if last is None:
            return "missing", (NEW,)
        if not self._store.has(last):
            return "missing", (DAMAGED if last in self._damaged else DELETED,)
        try:
            old = self._store.manifest(last).parts
        except DamagedEntryError:
            return "missing", (DAMAGED,)
        return "stale", tuple(_changes(old, parts, needs))


def _changes(
    old: Mapping[str, Any], new: Mapping[str, Any], needs: Mapping[str, tuple[Run, ...]]
) -> list[str]:
    """What changed in the parts of a key; other results that it refers to appear by their runs'
    names.
    """
    if old.get("format") != new.get("format"):
        return [f"results have another format: {old.get('format')} → {new.get('format')}"]
    changes = []
    before = old.get("needs", {})
    for field, runs in needs.items():
        keys = before.get(field, [])
        if len(keys) != len(runs):
            changes.append(f"{field}: {len(keys)} results → {len(runs)}")
            continue
        changes += [
            f"follows from {run.name}"
            for run, key in zip(runs, keys, strict=True)
            if run.key != key
        ]
    gone = before.keys() - needs.keys()
    changes += [f"{field}: refers to no result any more" for field in sorted(gone)]
    return changes + differences(
        {name: value for name, value in old.items() if name != "needs"},
        {name: value for name, value in new.items() if name != "needs"},
    )

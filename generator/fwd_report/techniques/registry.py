"""Finds the techniques: every module of this package that defines a Technique with a name."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from fwd_report import techniques
from fwd_report.store.entry import Entry
from fwd_report.techniques.base import Reading, Technique

OUTSIDE_KEYS = "it finds techniques by name; what readings a run asks for is in its key by value"


@cache
def all_techniques() -> dict[str, type[Technique]]:
    """The techniques by the name a spec uses, sorted; a file dropped into the package is found."""
    found = {}
    for module_info in pkgutil.iter_modules(techniques.__path__):
        module = importlib.import_module(f"{techniques.__name__}.{module_info.name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Technique) and "name" in vars(value):
                found[value.name] = value
    return dict(sorted(found.items()))


def readings_of(entry: Entry) -> tuple[Reading, ...]:
    """What the pictures of a result should show."""
    return all_techniques()[entry.technique].readings(entry.params)

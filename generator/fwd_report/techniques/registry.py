"""Finds the techniques: the package's, a project's, and those of installed packages."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, get_args

from fwd_report import techniques
from fwd_report.errors import UserError, as_code
from fwd_report.plugins.offers import Plugins, in_use
from fwd_report.plugins.problems import exits_as_errors
from fwd_report.store.entry import Entry
from fwd_report.techniques.base import (
    AskedClass,
    Reading,
    Technique,
    asked_field,
    marked_fields,
)
from fwd_report.techniques.fitting import misfits
from fwd_report.techniques.own_techniques import own_techniques, packaged_technique

if TYPE_CHECKING:
    from fwd_report.techniques.parts import Part

OUTSIDE_KEYS = "it finds techniques by name; what readings a run asks for is in its key by value"


@cache
def built_in() -> dict[str, type[Technique]]:
    """The package's own techniques by name, sorted; a new file in the package is found."""
    found = {}
    for module_info in pkgutil.iter_modules(techniques.__path__):
        module = importlib.import_module(f"{techniques.__name__}.{module_info.name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Technique) and "name" in vars(value):
                found[value.name] = value
    return dict(sorted(found.items()))


def all_techniques() -> dict[str, type[Technique]]:
    """The techniques by name: the package's own, then those added by plug-ins in use."""
    return {**built_in(), **in_use().techniques}


def find_techniques(
    plugins: Plugins, named: Iterable[str] | None = None
) -> dict[str, type[Technique]]:
    """The techniques that a project's specs can name; those from plug-ins are recorded in
    `plugins`.

    named: the names in the specs, so that only installed packages with one of them are imported;
    None: all packages. Raises UserError, at its line, for broken techniques, and for those of
    packages whose name is taken.
    """
    ours = {name: _place(technique) for name, technique in built_in().items()}
    if not plugins.techniques:
        plugins.techniques |= own_techniques(plugins, ours)
    used = None if named is None else set(named)
    if used is None or used - ours.keys():  # looking for packages takes time
        for offer in plugins.packaged.values():
            if offer.kind == "techniques" and (used is None or offer.name in used):
                plugins.techniques[offer.name] = packaged_technique(plugins, offer, ours)
    return {**built_in(), **plugins.techniques}


def figure_parts(technique: type[Technique], entries: Sequence[Entry]) -> Sequence[Part]:
    """The figure of these results. Raises UserError for a figure that does not consist of parts."""
    from fwd_report.techniques import parts as known

    with exits_as_errors():
        found: object = technique.figure(entries)
    kinds = get_args(known.Part)
    where = in_use().where.get(technique.name)
    called = f"{where or _place(technique)}: {technique.__name__}.figure returns"
    if not (isinstance(found, (list, tuple)) and all(isinstance(part, kinds) for part in found)):
        raise UserError(f"{called} no list of parts: {as_code(found)}")
    for wrong in chain.from_iterable(map(misfits, found if where else ())):
        raise UserError(f"{called} a part whose {wrong}")
    return found


def _place(technique: type[Technique]) -> str:
    return f"fwd_report/techniques/{technique.__module__.rpartition('.')[2]}.py"


def technique_of(entry: Entry) -> type[Technique]:
    """The technique of a result."""
    return all_techniques()[entry.technique]


def technique_in(entry: Entry) -> Technique:
    """The technique that made a result, with the fields it was made by: what specs said of them."""
    technique = technique_of(entry)
    said = {
        name: entry.params[name]
        for name, field in technique.model_fields.items()
        if name in entry.params and entry.params[name] != field.default
    }
    return technique.model_validate(said)


def marked_in(entry: Entry, marker: type) -> frozenset[str]:
    """The fields of a result's technique with that marker; none for an unknown technique."""
    technique = all_techniques().get(entry.technique)
    return frozenset(marked_fields(technique, marker) if technique else ())


def training_fields(entries: Iterable[Entry]) -> frozenset[str]:
    """The fields of these results' techniques that name the training whose network is used."""
    known = all_techniques()
    names = {entry.technique for entry in entries}
    fields = (asked_field(known[name]) for name in names if name in known)
    return frozenset(field for field in fields if field is not None)


def class_fields(entries: Iterable[Entry]) -> frozenset[str]:
    """The fields of these results' techniques that hold the requested class."""
    return frozenset(name for entry in entries for name in marked_in(entry, AskedClass))


def readings_of(entry: Entry) -> tuple[Reading, ...]:
    """What the pictures of a result should show."""
    return technique_of(entry).readings(entry.params)

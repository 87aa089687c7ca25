"""Numbers in a figure's words that none of its runs has: "t = 700" beside pictures at 750."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fwd_report.site.results import ExperimentResult

SYMBOLS = {
    "γ": ("guidance", "gamma", "scale"),
    "gamma": ("guidance", "gamma", "scale"),
    "σ": ("sigma", "sigmas"),
    "sigma": ("sigma", "sigmas"),
    "guidance": ("guidance",),
}
"""The fields a symbol of the prose may stand for; other names stand for themselves."""
STATED = re.compile(
    r"(?<![\w\\'])\\?(?P<name>[a-zA-Zγσ][a-z_]*)`?\s*\$?\s*=\s*\$?\s*`?"
    r"(?P<values>-?\d*\.?\d+(?:\s*(?:,|and|or|,\s*and)\s*-?\d*\.?\d+)*)"
)
NUMBER = re.compile(r"-?\d*\.?\d+")


def contradictions(result: ExperimentResult) -> Iterator[str]:
    """A message for each number the caption or discussion gives a field that no run gives it.

    Only names that are fields of the runs (or well-known symbols of them) are judged, and what
    Jinja prints is right by construction, so it is left out.
    """
    if not result.entries:
        return
    known = _known(result)
    for place in ("caption", "discussion"):
        prose = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "…", getattr(result.spec, place), flags=re.S)
        for match in STATED.finditer(prose):
            name = match["name"]
            values = _values(name, known)
            if not values:
                continue
            for number in NUMBER.findall(match["values"]):
                if not any(abs(float(number) - value) < 1e-9 for value in values):
                    shown = ", ".join(f"{value:g}" for value in sorted(values))
                    yield (
                        f"the {place} of {result.spec.id} says {name} = {number}, "
                        f"but its runs have {shown}"
                    )


def _known(result: ExperimentResult) -> Mapping[str, set[float]]:
    """The numbers of every field and axis, over all runs and the runs they refer to."""
    known: dict[str, set[float]] = {}
    for entry in result.entries:
        needed = [need for group in entry.needs.values() for need in group]
        for source in (entry, *needed):
            for name, value in (*source.params.items(), *source.axes.items()):
                known.setdefault(name, set()).update(_numbers(value))
            known.setdefault("t", set()).update(_numbers(source.series.get("t", ())))
            known.setdefault("seed", set()).add(float(source.seed))
            known["t"].update(_numbers(source.metrics.get("t")))
    return known


def _values(name: str, known: Mapping[str, set[float]]) -> set[float]:
    fields = SYMBOLS.get(name.lower(), (name,))
    return set().union(*(known.get(field, set()) for field in fields))


def _numbers(value: Any) -> list[float]:
    if isinstance(value, bool):
        return []
    if isinstance(value, int | float):
        return [float(value)]
    if isinstance(value, list | tuple):
        return [number for item in value for number in _numbers(item)]
    return []

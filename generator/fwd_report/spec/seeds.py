"""Chosen seeds: of an experiment, of a case, or swept like a field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from math import prod
from typing import Any

from fwd_report.spec.document import Document, ValuePath
from fwd_report.spec.fields import SEED_KEYS, ExperimentFields, SeedFields
from fwd_report.spec.validation import validated
from fwd_report.techniques.base import Technique


def seeds_of(
    fields: ExperimentFields, case: Mapping[str, Any] | None, swept: Mapping[str, Any]
) -> tuple[int | None, tuple[int, ...]]:
    """A variant's (seed of the first sample, chosen seeds).

    From the sweep, else its case, else its experiment; None and () if nothing was chosen.
    """
    given = case or {}
    if "seed" in swept:
        return swept["seed"], (swept["seed"],)
    if given.get("seeds") is not None:
        return given["seeds"][0], tuple(given["seeds"])
    if given.get("seed") is not None:
        return given["seed"], (given["seed"],) if fields.seeds else ()
    if fields.seeds:
        return fields.seeds[0], fields.seeds
    return fields.seed, ()


def runs_of(fields: ExperimentFields) -> int:
    """How many runs an experiment has that refers to no other, candidates included."""
    axes = prod(len(values) for values in fields.sweep.values())
    candidates = (fields.best_of or 0) * max(1, len(fields.cases))
    return axes * (sum(_samples(fields, case) for case in fields.cases or ({},)) + candidates)


def _samples(fields: ExperimentFields, case: Mapping[str, Any]) -> int:
    """How many samples a case has; invalid lists of seeds are reported elsewhere."""
    if isinstance(case.get("seeds"), list):
        return len(case["seeds"])
    if fields.seeds:
        return 1 if case.get("seed") is not None else len(fields.seeds)
    return fields.samples


def check_seeds(
    document: Document, path: ValuePath, fields: ExperimentFields, technique: type[Technique]
) -> None:
    """Report invalid, duplicate and contradictory seeds."""
    chosen: list[ValuePath] = []
    if fields.seeds is not None:
        chosen.append((*path, "seeds"))
        _check_distinct(document, chosen[0], fields.seeds)
        for other in ("samples", "seed"):
            _check_apart(document, path, other)
    for number, case in enumerate(fields.cases):
        where = (*path, "cases", number)
        given = {key: case[key] for key in SEED_KEYS if case.get(key) is not None}
        chosen += [(*where, key) for key in given]
        made = validated(SeedFields, given, document, "a case", partial(_below, where))
        if made is None or made.seeds is None:
            continue
        _check_distinct(document, (*where, "seeds"), made.seeds)
        _check_apart(document, where, "seed")
        if fields.samples > 1:
            _report_both(document, (*where, "seeds"), "samples")
    if "seed" in fields.sweep:
        where = (*path, "sweep", "seed")
        chosen.append(where)
        for index, value in enumerate(fields.sweep["seed"]):
            if value is None:
                document.report("a seed should be a whole number, not empty", (*where, index))
            at = partial(_instead, (*where, index))
            validated(SeedFields, {"seed": value}, document, "a sweep", at)
        if any("seeds" in case for case in fields.cases):
            document.report("seeds are in both cases and sweep", where, at_key=True)
        for other, there in (("samples", fields.samples > 1), ("seeds", fields.seeds is not None)):
            if there:
                _report_both(document, where, other)
    if chosen and technique.kind == "figure":
        message = f"{technique.name} runs nothing of its own, so it has no seeds"
        hint = "choose the seeds of the experiments that it shows"
        document.report(message, chosen[0], hint, at_key=True)


def _below(path: ValuePath, key: str) -> ValuePath:
    return (*path, key)


def _instead(path: ValuePath, _: str) -> ValuePath:
    return path


def _check_distinct(document: Document, path: ValuePath, seeds: Sequence[int]) -> None:
    seen: set[int] = set()
    for index, seed in enumerate(seeds):
        if seed in seen:
            document.report(f"seeds has {seed} twice", (*path, index), "remove one of the two")
            return
        seen.add(seed)


def _check_apart(document: Document, path: ValuePath, other: str) -> None:
    """Report `other` if it is given beside `seeds`."""
    written = document.places.keys() | document.overridden.keys()
    if (*path, other) not in written or _value(document, (*path, other)) is None:
        return
    set_here = (*path, "seeds") in document.overridden
    _report_both(document, (*path, "seeds" if set_here else other), other)


def _report_both(document: Document, path: ValuePath, other: str) -> None:
    """Report at `path` that `other` and chosen seeds exclude each other."""
    hint = "remove one of the two: `seeds` says how many there are, and which"
    if path[-1] == "seed" and "sweep" in path:
        hint = "remove one of the two: the sweep says which seeds there are"
    for way in ("seeds", other):
        if profile := _profile_of(document, (*path[:-1], way)):
            away = "seeds" if way == other else other
            hint = f"`{away}@{profile}:` with nothing after it takes the plain one away there"
    for way in ("seeds", "seed", "samples"):
        text = document.overridden.get((*path[:-1], way))
        if text is not None:
            target = text.partition("=")[0].rpartition(".")[0]
            hint = f"take the file's away: --set {target}.{'seeds' if way == other else other}=null"
    name = "a sweep over seed" if "sweep" in path else "seeds"
    document.report(f"{name} cannot stand together with {other}", path, hint, at_key=True)


def _profile_of(document: Document, path: ValuePath) -> str | None:
    """The profile that a key was written for; None: all of them."""
    if path not in document.keys:
        return None
    line, column = document.keys[path]
    written = re.match(rf"{path[-1]}@([a-z0-9-]+)", document.source.lines[line - 1][column - 1 :])
    return written[1] if written else None


def _value(document: Document, path: ValuePath) -> Any:
    value: Any = document.data
    for part in path:
        value = value[part]
    return value

"""Wrong names and single values of an experiment, found whatever else is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fwd_report.spec.document import Document, ValuePath
from fwd_report.spec.fields import EXPERIMENT_KEYS, SEED_KEYS
from fwd_report.spec.suggest import did_you_mean
from fwd_report.spec.validation import validated
from fwd_report.techniques.base import Technique

MOST_VALUES = 100
"""Values of a sweep that are checked one by one; the others are once the rest is mended."""


def check_axis_names(
    document: Document, path: ValuePath, sweep: Any, cases: Any, technique: type[Technique]
) -> None:
    """Report what is varied and is no field of the technique, whatever else is wrong.

    sweep, cases: as written, of any type.
    """
    known = technique.model_fields
    axes: list[tuple[ValuePath, Any, tuple[str, ...]]] = [(("sweep",), sweep, ("seed",))]
    for index, case in enumerate(cases if isinstance(cases, list | tuple) else ()):
        axes.append((("cases", index), case, ("label", *SEED_KEYS)))
    for where, varied, others in axes:
        for name in varied if isinstance(varied, dict) else ():
            if name not in known and name not in others:
                hint = did_you_mean(name, (*known, *others))
                if name in EXPERIMENT_KEYS:
                    hint = f"{name} cannot vary within an experiment; write several experiments"
                    if name == "seeds":
                        hint = "write `sweep: {seed: [3, 17]}`, or `seeds: [3, 17]` beside it"
                message = f"{technique.name} has no field '{name}'"
                document.report(message, (*path, *where, name), hint, at_key=True)


def check_each_value(
    document: Document,
    path: ValuePath,
    own: Mapping[str, Any],
    sweep: Any,
    cases: Any,
    technique: type[Technique],
) -> None:
    """Report what is wrong with each value by itself, if the experiment is too broken for its
    variants.

    What is missing is not reported: a misspelt name may stand for it. own: the technique's fields,
    as written; sweep, cases: as written, of any type.
    """

    def check(values: Mapping[str, Any], where: ValuePath) -> None:
        validated(
            technique,
            {**own, **values},
            document,
            technique.name,
            lambda name: (*path, *where) if name in values else (*path, name),
            known=EXPERIMENT_KEYS,
            whole=path,
            partly=True,
        )

    check({}, ())
    known = technique.model_fields
    for index, case in enumerate(cases if isinstance(cases, list | tuple) else ()):
        for name, value in case.items() if isinstance(case, dict) else ():
            if name in known:
                check({name: value}, ("cases", index, name))
    for name, values in sweep.items() if isinstance(sweep, dict) else ():
        for index, value in enumerate(values[:MOST_VALUES] if isinstance(values, list) else ()):
            if name in known:
                check({name: value}, ("sweep", name, index))

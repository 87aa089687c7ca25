"""Names in an experiment that its technique does not have, found whatever else is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fwd_report.spec.document import Document, ValuePath
from fwd_report.spec.fields import EXPERIMENT_KEYS, SEED_KEYS
from fwd_report.spec.suggest import did_you_mean
from fwd_report.techniques.base import Technique


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


def check_own_names(
    document: Document, path: ValuePath, own: Mapping[str, Any], technique: type[Technique]
) -> None:
    """Report fields that the technique does not have, if the experiment is too broken for
    validation.
    """
    known = [*technique.model_fields, *EXPERIMENT_KEYS]
    for name in own:
        if name not in technique.model_fields:
            message = f"{technique.name} has no field '{name}'"
            document.report(message, (*path, name), did_you_mean(name, known), at_key=True)

"""Experiments: cases × sweep expanded to variants, each validated by its technique."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from textwrap import dedent
from typing import Any

from fwd_report.plugins.offers import in_use
from fwd_report.spec.best_of import check_best_of
from fwd_report.spec.document import Document, ValuePath
from fwd_report.spec.extent import MOST_RUNS
from fwd_report.spec.field_names import check_axis_names, check_each_value
from fwd_report.spec.fields import EXPERIMENT_KEYS, SECTION_KEYS, SEED_KEYS, ExperimentFields
from fwd_report.spec.project import ExperimentSpec, Variant
from fwd_report.spec.seeds import check_seeds, runs_of, seeds_of
from fwd_report.spec.suggest import did_you_mean
from fwd_report.spec.validation import brief, validated
from fwd_report.techniques.base import Technique
from fwd_report.techniques.words import Words

WITHHELD = "it may be one of the folder's techniques/, which is code, and not run without trust"
MOST_FAILURES = 100
"""After so many invalid variants, an experiment's remaining ones are skipped."""


@dataclass(frozen=True)
class Draft:
    """An experiment, as far as it is valid. spec: None if anything is wrong with it.

    path: to the experiment in its document. own: its technique's fields, as written; cases and
    sweep likewise.
    """

    id: str
    path: ValuePath
    technique: type[Technique] | None
    own: Mapping[str, Any]
    cases: tuple[Mapping[str, Any], ...]
    sweep: Mapping[str, list[Any]]
    spec: ExperimentSpec | None

    def written(self, field: str) -> Iterator[tuple[ValuePath, Any]]:
        """Every value that the experiment gives `field`, with its place."""
        if field in self.own:
            yield (*self.path, field), self.own[field]
        for index, case in enumerate(self.cases):
            if field in case:
                yield (*self.path, "cases", index, field), case[field]
        for index, value in enumerate(self.sweep.get(field, ())):
            yield (*self.path, "sweep", field, index), value


def build_experiments(
    document: Document, techniques: Mapping[str, type[Technique]]
) -> tuple[Draft, ...]:
    """The experiments of a section's document, in order; their problems go to the document."""
    written = document.data.get("experiments")
    drafts: list[Draft] = []
    first: dict[str, Draft] = {}
    for index, data in enumerate(written if isinstance(written, list) else ()):
        if isinstance(data, dict):
            draft = _build(document, ("experiments", index), data, techniques)
            if draft is not None:
                _check_unique(document, draft, first.setdefault(draft.id, draft))
                drafts.append(draft)
    return tuple(drafts)


def _build(
    document: Document,
    path: ValuePath,
    data: dict[str, Any],
    techniques: Mapping[str, type[Technique]],
) -> Draft | None:
    """The draft of one experiment; None if it does not even have an id."""
    before = len(document.problems)
    common = {
        key: data[key]
        for key in EXPERIMENT_KEYS
        if key in data and (data[key] is not None or key in ("sweep", "cases"))
    }
    fields = validated(
        ExperimentFields, common, document, "an experiment", lambda name: (*path, name), whole=path
    )
    name = data.get("technique")
    technique = techniques.get(name) if isinstance(name, str) else None
    if isinstance(name, str) and technique is None:
        hint = WITHHELD if in_use().withheld else did_you_mean(name, techniques)
        document.report(f"there is no technique '{name}'", (*path, "technique"), hint)
    if not isinstance(data.get("id"), str):
        return None
    own = {key: value for key, value in data.items() if key not in EXPERIMENT_KEYS}
    if fields is not None:
        _check_common(document, path, fields, data)
    variants: tuple[Variant, ...] = ()
    if technique is not None:
        whole = len(document.problems)
        if fields is not None:
            _check_axes(document, path, fields, technique)
        if fields is not None and len(document.problems) == whole:
            variants = _variants(document, path, fields, technique, own)
            check_best_of(document, path, fields, technique, variants)
        else:
            varied = data.get("sweep"), data.get("cases")
            check_each_value(document, path, own, *varied, technique)
        if fields is None:
            check_axis_names(document, path, data.get("sweep"), data.get("cases"), technique)
    spec = None
    if fields is not None and technique is not None and len(document.problems) == before:
        spec = ExperimentSpec(
            id=fields.id,
            technique=technique,
            variants=variants,
            samples=fields.samples,
            title=fields.title,
            caption=fields.caption,
            discussion=fields.discussion,
            show=fields.show,
            source=_source(document, path),
            line=document.places[path][0],
            label=fields.label,
            metrics=fields.metrics,
            best_of=fields.best_of,
        )
    return Draft(
        id=data["id"],
        path=path,
        technique=technique,
        own=own,
        cases=fields.cases if fields else (),
        sweep=fields.sweep if fields else {},
        spec=spec,
    )


def _check_unique(document: Document, draft: Draft, first: Draft) -> None:
    if first is not draft:
        line = document.places[(*first.path, "id")][0]
        message = f"a second experiment is called '{draft.id}'; the first is in line {line}"
        document.report(message, (*draft.path, "id"))


def _check_common(
    document: Document, path: ValuePath, fields: ExperimentFields, data: Mapping[str, Any]
) -> None:
    if fields.id in SECTION_KEYS:
        message = f"'{fields.id}' is a key of the section; an experiment needs another id"
        document.report(message, (*path, "id"))
    if fields.show and not fields.caption.strip():
        document.report(
            f"experiment '{fields.id}' needs a caption",
            (*path, "caption"),
            "add `caption:`, or `show: false` if it should have no figure of its own",
        )
    for key in ("sweep", "cases"):
        if key in data and not data[key]:
            document.report(f"{key} is empty", (*path, key), "remove it, or give it values")


def _check_axes(
    document: Document, path: ValuePath, fields: ExperimentFields, technique: type[Technique]
) -> None:
    """Check cases and sweep for mistakes that do not depend on their values."""
    check_axis_names(document, path, fields.sweep, fields.cases, technique)
    for index, case in enumerate(fields.cases):
        _check_case(document, (*path, "cases", index), case)
    for name, values in fields.sweep.items():
        where = (*path, "sweep", name)
        if not values:
            document.report(f"the sweep over {name} has no values", where)
        if any(name in case for case in fields.cases):
            document.report(f"{name} is in both cases and sweep", where, at_key=True)
        if (*path, name) in document.overridden:
            document.report(
                f"{name} is swept in this experiment",
                (*path, name),
                f"set {'.'.join(document.overridden[*path, name].split('.')[:2])}.sweep.{name}",
            )
        seen: set[str] = set()
        for index, value in enumerate(values):
            if repr(value) in seen:
                document.report(f"{name} has the value {brief(value)} twice", (*where, index))
            seen.add(repr(value))
    labels: set[str] = set()
    for index, case in enumerate(fields.cases):
        if (label := case_label(case)) in labels:
            document.report(f"two cases are called '{label}'", (*path, "cases", index))
        labels.add(label)
    check_seeds(document, path, fields, technique)
    count = runs_of(fields)
    if count > MOST_RUNS:
        message = f"{count:,} runs in one experiment; at most {MOST_RUNS:,} are allowed"
        document.report(message, (*path, "sweep" if fields.sweep else "samples"))


def _check_case(document: Document, path: ValuePath, case: Mapping[str, Any]) -> None:
    if not case:
        document.report("this case sets no field", path)
    label = case.get("label")
    if label is not None and not isinstance(label, str):
        document.report(f"label should be text, not {brief(label)}", (*path, "label"))


def case_label(case: Mapping[str, Any]) -> str:
    """A case's label, or its values: texts as they are, others with their names.

    An empty one is named, too: "no prompt".
    """
    label = case.get("label")
    if isinstance(label, str):
        return label
    return ", ".join(_in_label(name, value) for name, value in case.items() if name != "label")


def _in_label(name: str, value: Any) -> str:
    if value in ("", None):
        return f"no {name}"
    return value if isinstance(value, str) else f"{name} {brief(value)}"


def _variants(
    document: Document,
    path: ValuePath,
    fields: ExperimentFields,
    technique: type[Technique],
    own: Mapping[str, Any],
) -> tuple[Variant, ...]:
    """Every combination, cases outermost, the last swept field innermost."""
    variants = []
    failures = 0
    names = list(fields.sweep)
    for case_index, case in enumerate(fields.cases or (None,)):
        plain = {"label", *SEED_KEYS}
        values = {key: value for key, value in (case or {}).items() if key not in plain}
        outer = {} if case is None else {"case": case_label(case)}
        if case is not None and isinstance(case.get("label"), str):
            outer = {"case": Words(outer["case"])}
        for indices in product(*(range(len(fields.sweep[name])) for name in names)):
            swept = {name: fields.sweep[name][i] for name, i in zip(names, indices, strict=True)}
            varied = {name: value for name, value in swept.items() if name != "seed"}
            made = validated(
                technique,
                {**own, **values, **varied},
                document,
                technique.name,
                partial(_origin, path, dict(zip(names, indices, strict=True)), case_index, values),
                known=EXPERIMENT_KEYS,
                whole=path,
            )
            if made is not None:
                variants.append(Variant({**outer, **swept}, made, *seeds_of(fields, case, swept)))
            elif (failures := failures + 1) >= MOST_FAILURES:
                return ()
    return tuple(variants)


def _origin(
    path: ValuePath, swept: Mapping[str, int], case: int, case_values: Mapping[str, Any], field: str
) -> ValuePath:
    """Where the value of a variant's field is."""
    if field in swept:
        return (*path, "sweep", field, swept[field])
    if field in case_values:
        return (*path, "cases", case, field)
    return (*path, field)


def _source(document: Document, path: ValuePath) -> str:
    """The experiment's own lines of YAML, dedented and without the list's dash."""
    line, column = document.places[path]
    end = document.ends[path]
    first, *rest = document.source.lines[line - 1 : end]
    return dedent("\n".join([" " * (column - 1) + first[column - 1 :], *rest])).rstrip()

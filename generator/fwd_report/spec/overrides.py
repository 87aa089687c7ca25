"""`--set KEY=VALUE`: a value for a field of report.yaml or of an experiment, for one command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fwd_report.errors import Problem
from fwd_report.spec.document import Document, ValuePath
from fwd_report.spec.fields import SECTION_KEYS
from fwd_report.spec.profiles import FIXED, plain_value
from fwd_report.spec.project import ReportSpec
from fwd_report.spec.suggest import did_you_mean
from fwd_report.spec.yaml_nodes import Node
from fwd_report.spec.yaml_source import parse_override


@dataclass(frozen=True)
class Override:
    """One `--set`: its text, the keys it names, and its value."""

    text: str
    keys: tuple[str, ...]
    value: Node

    def put(self, document: Document, path: ValuePath, profile: str) -> None:
        """Put the value into the document at `path`, whose parents exist."""
        for known in [*document.places]:
            if known[: len(path)] == path:
                del document.places[known]
        target = document.data
        for part in path[:-1]:
            target = target[part]  # type: ignore[index]
        scratch = Document(document.source, {}, {}, {})
        target[path[-1]] = plain_value(self.value, profile, path, scratch)  # type: ignore[index]
        document.overridden[path] = self.text


def parse_overrides(texts: Sequence[str], problems: list[Problem]) -> tuple[Override, ...]:
    """The overrides of a command line; those that cannot be parsed become problems."""
    found = []
    for text in texts:
        key, equals, value = text.partition("=")
        keys = tuple(key.strip().split("."))
        if not equals or not all(keys):
            hint = "write KEY=VALUE, such as seed=7 or section.experiment.field=value"
            problems.append(Problem(f"--set {text}: no KEY=VALUE", hint=hint))
            continue
        try:
            found.append(Override(text, keys, parse_override(value)))
        except ValueError as error:
            hint = "the value is YAML: {key: value} has a space after the colon, and a text with"
            hint += " special characters its own quotes, as in --set 'key=\"value\"'"
            problems.append(Problem(f"--set {text}: {error}", hint=hint))
    return tuple(found)


def apply_to_report(
    overrides: Sequence[Override],
    document: Document,
    profile: str,
    sections: Sequence[str],
    problems: list[Problem],
) -> None:
    """Apply the overrides with one key; report those with unknown keys."""
    for override in overrides:
        if len(override.keys) > 1:
            continue
        (key,) = override.keys
        if key in ReportSpec.model_fields and key not in FIXED:
            override.put(document, (key,), profile)
        else:
            known = [*ReportSpec.model_fields, *sections]
            hint = did_you_mean(key, known) or f"a field of an experiment is SECTION.ID.{key}"
            if key in sections:
                hint = f"name the field too: {key}.experiment.field=value"
            message = f"--set {override.text}: report.yaml has no '{key}'"
            problems.append(Problem(message, hint=hint))


def apply_to_sections(
    overrides: Sequence[Override],
    documents: Mapping[str, Document],
    profile: str,
    problems: list[Problem],
) -> None:
    """Apply the overrides that name a section; report those whose target does not exist."""
    for override in overrides:
        if len(override.keys) < 2:
            continue
        section, name, *rest = override.keys
        if section not in documents:
            message = f"--set {override.text}: there is no section '{section}'"
            problems.append(Problem(message, hint=did_you_mean(section, documents)))
            continue
        document = documents[section]
        if not rest and name in SECTION_KEYS and name != "experiments":
            override.put(document, (name,), profile)
            continue
        _apply_to_experiment(override, document, name, rest, profile, problems)


def _apply_to_experiment(
    override: Override,
    document: Document,
    name: str,
    rest: Sequence[str],
    profile: str,
    problems: list[Problem],
) -> None:
    written = document.data.get("experiments")
    ids = {
        item["id"]: index
        for index, item in enumerate(written if isinstance(written, list) else ())
        if isinstance(item, dict) and isinstance(item.get("id"), str)
    }
    if name not in ids:
        message = f"--set {override.text}: section '{override.keys[0]}' has no experiment '{name}'"
        problems.append(Problem(message, hint=did_you_mean(name, ids)))
        return
    if not rest or rest[0] in FIXED:
        message = f"--set {override.text}: " + (
            f"{rest[0]} cannot be set" if rest else "this names an experiment and no field of it"
        )
        hint = f"name a field: {'.'.join(override.keys[:2])}.seed=7, say"
        problems.append(Problem(message, hint=hint))
        return
    path: ValuePath = ("experiments", ids[name])
    target = document.data["experiments"][ids[name]]
    for part in rest[:-1]:
        step: str | int = int(part) if isinstance(target, list) and part.isdecimal() else part
        known = target if isinstance(target, dict) else range(len(target)) if target else ()
        if not isinstance(target, (dict, list)) or step not in known:
            message = (
                f"--set {override.text}: there is no '{part}' in {'.'.join(override.keys[:2])}"
            )
            problems.append(Problem(message))
            return
        target = target[step]  # type: ignore[index]
        path = (*path, step)
    last: str | int = rest[-1]
    if isinstance(target, list):
        last = int(rest[-1]) if rest[-1].isdecimal() and int(rest[-1]) < len(target) else -1
    if not isinstance(target, dict | list) or last == -1:
        problems.append(Problem(f"--set {override.text}: there is nothing called '{rest[-1]}'"))
        return
    override.put(document, (*path, last), profile)

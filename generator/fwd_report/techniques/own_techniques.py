"""Finds techniques from outside the package, and checks that they are complete."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.errors import (
    PydanticInvalidForJsonSchema,
    PydanticUndefinedAnnotation,
    PydanticUserError,
)
from pydantic_core import PydanticSerializationError, to_jsonable_python

from fwd_report.errors import Problem, UserError, as_code
from fwd_report.plugins.kinds import KINDS, TECHNIQUES
from fwd_report.plugins.named import Named
from fwd_report.plugins.offered import Offer, twice
from fwd_report.plugins.offers import Plugins
from fwd_report.plugins.problems import at_line, said
from fwd_report.techniques.answers import check_answers, keyable
from fwd_report.techniques.base import Reference, Technique, marked_fields

OUTSIDE_KEYS = "it finds techniques by name, and checks them"
NAME = re.compile(r"[a-z][a-z0-9_-]*")
RUNS = {"program": "program", "job": "job", "figure": "figure"}
"""The method that a technique of each kind defines."""
RESERVED = frozenset(
    {"id", "technique", "title", "label", "caption", "discussion", "seed", "samples", "seeds",
     "show", "metrics", "best_of", "sweep", "cases", "sample", "case"}
)  # fmt: skip
"""The keys that every experiment has besides its technique's fields, and the names of common
axes."""


def own_techniques(plugins: Plugins, taken: Mapping[str, str]) -> dict[str, type[Technique]]:
    """The techniques that a project's folder defines, by name, sorted.

    taken: the package's own names, with their files. Raises UserError, at its line, for each file
    that cannot be imported or defines none, and for duplicate names.
    """
    folder = plugins.folder
    found: dict[str, type[Technique]] = {}
    problems: list[Problem] = []
    for file in plugins.candidates if folder else ():
        assert folder is not None
        shown = folder.shown(file)
        offer = Offer(TECHNIQUES, file, folder.module(file), "", shown.as_posix(), file)
        try:
            module = plugins.module_of(offer)
        except UserError as error:
            problems += error.problems
            continue
        defined = list(_defined(module))
        tree = ast.parse(folder.texts[file])
        if not defined and file not in plugins.helpers:
            line, why = _near_miss(tree, _nameless(module))
            hint = f"define one, as {KINDS[TECHNIQUES].is_a}, with a name; or begin the file's "
            problems.append(
                at_line(folder, file, line, why, f"{hint}name with _ if it helps others")
            )
        for technique in defined:
            line = next((line for name, line in _classes(tree) if name == technique.__name__), None)
            where = f"{shown.as_posix()}:{line}"
            problems += (
                at_line(folder, file, _line_of(tree, technique, field) or line, why)
                for why, field in _faults(technique)
            )
            name = str(technique.name)
            if other := taken.get(name) or plugins.where.get(name):
                problems.append(twice(TECHNIQUES, name, where, other, shown))
            plugins.where.setdefault(name, where)
            check_answers(technique, folder.line)
            found[name] = technique
    if problems:
        raise UserError(problems)
    return dict(sorted(found.items()))


def packaged_technique(plugins: Plugins, offer: Offer, taken: Mapping[str, str]) -> type[Technique]:
    """The technique that an installed package offers.

    Raises UserError, which names the package, for what is not a technique, or has a taken name.
    """
    other = taken.get(offer.name) or plugins.where.get(offer.name) or offer.where
    if other != offer.where:
        raise UserError(twice(TECHNIQUES, offer.name, offer.where, other))
    value: object = plugins.module_of(offer)
    for part in offer.attribute.split("."):
        value = getattr(value, part, None)
    if offer.entry is not None and ":" not in offer.entry.target:
        module = plugins.module_of(offer)
        value = next((each for each in _defined(module) if each.name == offer.name), None)
    if not (isinstance(value, type) and issubclass(value, Technique)):
        raise UserError(
            f"{offer.where}: {offer.attribute} is not {KINDS[TECHNIQUES].is_a}, as a technique is"
        )
    faults = [why for why, _ in _faults(value)]
    if not faults and value.name != offer.name:
        faults = [f"the technique is called '{value.name}', and its entry point '{offer.name}'"]
    if faults:
        raise UserError([Problem(f"{offer.where}: {why}") for why in faults])
    plugins.where.setdefault(offer.name, offer.where)
    check_answers(value, "{}:{}".format)
    return value


def _defined(module: ModuleType) -> Iterator[type[Technique]]:
    """The techniques with names of their own that a module defines, not those it only imports."""
    for value in dict.fromkeys(v for v in vars(module).values() if isinstance(v, type)):
        if (
            issubclass(value, Technique)
            and value.__module__ == module.__name__
            and "name" in vars(value)
        ):
            yield value


def _nameless(module: ModuleType) -> Iterator[str]:
    """The techniques that a module derives from others without giving them a name."""
    for value in vars(module).values():
        if (
            isinstance(value, type)
            and issubclass(value, Technique)
            and value.__module__ == module.__name__
            and "name" not in vars(value)
        ):
            yield value.__name__


def _faults(technique: type[Technique]) -> Iterator[tuple[str, str]]:
    """What a class lacks or has wrong, and the name of the field or method concerned."""
    name = technique.name
    if not isinstance(name, str) or not NAME.fullmatch(name):
        yield f"a technique's name is lower-case letters, digits and _, not {name!r}", "name"
    elif technique.kind not in RUNS:
        yield f"a technique's kind is one of {', '.join(RUNS)}, not {technique.kind!r}", "kind"
    else:
        method = RUNS[technique.kind]
        if getattr(technique, method) == getattr(Technique, method):
            yield f"the technique '{name}' has no {method}, which its kind needs", ""
        elif technique.kind == "figure" and not marked_fields(technique, Reference):
            yield f"the technique '{name}' shows nothing: it has no AllRuns field", ""
    if technique.stage not in (None, 1, 2):
        yield f"a technique's stage is 1, 2 or None, not {technique.stage!r}", "stage"
    yield from _wrong_fields(technique)


def _wrong_fields(technique: type[Technique]) -> Iterator[tuple[str, str]]:
    """What is wrong with a technique's fields, and the name of the field concerned."""
    try:
        technique.model_rebuild()
    except (PydanticUndefinedAnnotation, PydanticUserError) as error:
        yield f"the type of a field is not known: {said(error)}", ""
        return
    own = {
        name
        for base in technique.__mro__
        if not base.__module__.startswith("fwd_report.")
        for name in vars(base).get("__annotations__", ())
    }
    for field, info in technique.model_fields.items():
        if field not in own:
            continue
        if field in RESERVED:
            yield f"'{field}' is a key of every experiment; a field needs another name", field
        if info.exclude or _excludes(info.annotation):
            yield f"'{field}' has exclude=True, so that the key of a run would lack it", field
            continue
        try:
            adapter: TypeAdapter[Any] = TypeAdapter(Annotated[info.annotation, info])  # type: ignore[arg-type]
            schema = adapter.json_schema()
            if why := _unseen(schema):
                yield f"'{field}' {why}", field
            if not info.is_required():
                default = info.get_default(call_default_factory=True, validated_data={})
                if not keyable(to_jsonable_python(adapter.validate_python(default))):
                    yield (
                        f"the default of '{field}' cannot be in a run's key: {as_code(default)}",
                        field,
                    )
        except (PydanticInvalidForJsonSchema, PydanticSerializationError):
            yield f"the type of '{field}' cannot be written in YAML", field
        except ValidationError as error:
            why = error.errors()[0]["msg"].replace("Input should", "it should")
            yield f"the default of '{field}' is none of its own values: {why}", field
    references = marked_fields(technique, Reference)
    each = [name for name, reference in references.items() if reference.fan == "each"]
    asked = [name for name, reference in references.items() if reference.asked]
    judges = [
        n for n, marker in marked_fields(technique, Named).items() if marker.kind == "scorers"
    ]
    for names, kind in ((each, "EachRun"), (asked, "Trained"), (judges, "ScorerName")):
        if len(names) > 1:
            yield (
                f"there are two {kind} fields, {names[0]} and {names[1]}; one is possible",
                names[1],
            )


def _unseen(schema: Any) -> str:
    """Why values of a schema would not be in a run's key unchanged; "" if they would."""
    if _says(schema, "writeOnly"):
        return "is of a type that hides its value, which would not be in the key of a run"
    if _says(schema, "uniqueItems"):
        return "is a set, which has no order: use a tuple or a list"
    return ""


def _excludes(annotation: Any) -> bool:
    """Whether a model within a field's type has a field that is excluded from serialisation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = annotation.model_fields.values()
        return any(info.exclude or _excludes(info.annotation) for info in fields)
    return any(_excludes(each) for each in getattr(annotation, "__args__", ()))


def _says(schema: Any, word: str) -> bool:
    """Whether a JSON schema states that of any value in it."""
    if isinstance(schema, dict):
        return schema.get(word) is True or any(_says(each, word) for each in schema.values())
    return isinstance(schema, list) and any(_says(each, word) for each in schema)


def _near_miss(tree: ast.Module, nameless: Iterable[str]) -> tuple[int | None, str]:
    """The line of what was probably meant as a technique, and why it is not one."""
    lines = dict(_classes(tree))
    for name in nameless:
        if not any("name" in _targets(s) for node in _bodies(tree, name) for s in node):
            return lines.get(name), f"{name} has no name of its own, so no spec can ask for it"
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        named = [s for s in node.body if "name" in _targets(s)]
        if named and isinstance(named[0], ast.AnnAssign) and "ClassVar" not in ast.dump(named[0]):
            why = f"{node.name}.name is a field: write `name: ClassVar[str] = …`, or leave its type"
            return named[0].lineno, why
        if named:
            return node.lineno, f"{node.name} is not derived from Technique, so it is none"
    return None, "the file defines no technique"


def _bodies(tree: ast.Module, name: str) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            yield node.body


def _targets(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.AnnAssign):
        statement = ast.Assign([statement.target], ast.Constant(None))
    if isinstance(statement, ast.Assign):
        return [node.id for node in statement.targets if isinstance(node, ast.Name)]
    return []


def _classes(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name, node.lineno


def _line_of(tree: ast.Module, technique: type[Technique], field: str) -> int | None:
    """The line of a field in the class itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == technique.__name__:
            return next((s.lineno for s in node.body if field in _targets(s)), None)
    return None

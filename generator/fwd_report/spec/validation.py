"""Translates pydantic's errors for authors of YAML, each at its place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from fwd_report.spec.document import Document, ValuePath
from fwd_report.spec.fields import NAME
from fwd_report.spec.own_values import made_of, unkeyable
from fwd_report.spec.suggest import did_you_mean
from fwd_report.spec.yaml_mending import yaml_scalar
from fwd_report.spec.yaml_scalars import scalar_value

M = TypeVar("M", bound=BaseModel)
_WORD = re.compile(r"[-+.\w]+")

_EXPECTED = {
    "string_type": "text",
    "string_sub_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of ordinary size",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "dict_type": "a set of `key: value` lines",
    "model_type": "a set of `key: value` lines",
    "none_required": "empty",
}


def validated(
    model: type[M],
    values: Mapping[str, Any],
    document: Document,
    subject: str,
    origin: Callable[[str], ValuePath],
    known: Iterable[str] = (),
    whole: ValuePath = (),
    partly: bool = False,
) -> M | None:
    """`values` as a `model`; None, with problems added to the document, if they are invalid.

    subject: the name in messages of the thing with these fields. origin: from a field to its place.
    known: names to suggest besides the model's own. whole: the thing's place. partly: whether
    these are not all of its values, so that neither their want nor their whole is a mistake.
    """
    wrong = [name for name, value in values.items() if _mistaken_bool(model, name, value)]
    for name in wrong:
        value = json.dumps(values[name])
        document.report(f"{name} should be a number, not {value}", origin(name))
    try:
        made = made_of(model, values)
    except ValidationError as error:
        items = _of_own_kind(error.errors(include_url=False))
        if partly:
            lacks = [each for each in items if each["type"] == "missing" and len(each["loc"]) == 1]
            items = [each for each in items if each["loc"] and each not in lacks]
        _report(items, model, document, subject, origin, known, whole)
        return None
    why = made if isinstance(made, str) else unkeyable(made)
    if why is not None:
        document.report(f"{subject}: {why}", whole)
    return None if wrong or why is not None or isinstance(made, str) else made


def _mistaken_bool(model: type[BaseModel], name: str, value: Any) -> bool:
    """Whether a boolean is given for a number; pydantic would take it for 1 or 0."""
    if not isinstance(value, bool) or name not in model.model_fields:
        return False
    annotation = str(model.model_fields[name].annotation)
    other = any(kind in annotation for kind in ("bool", "tuple", "list"))
    return not other and ("int" in annotation or "float" in annotation)


def _report(
    items: list[Any],
    model: type[BaseModel],
    document: Document,
    subject: str,
    origin: Callable[[str], ValuePath],
    known: Iterable[str],
    whole: ValuePath,
) -> None:
    """Add a problem for each place; the alternatives of a union are joined by "or"."""
    found: dict[ValuePath, list[str]] = {}
    hints: dict[ValuePath, str] = {}
    fields = [*model.model_fields, *known]
    words = {item["loc"][0] for item in items if item["type"] == "literal_error"}
    deeper = {item["loc"][:-1] for item in items if len(item["loc"]) > 1}
    for item in items:
        if item["type"] == "too_short" and item["loc"] in deeper:
            continue
        name = str(item["loc"][0]) if item["loc"] else ""
        if _mistaken_bool(model, name, item["input"]):
            continue
        if item["type"] == "extra_forbidden" and len(item["loc"]) == 1:
            message = f"{subject} has no field '{name}'"
            document.report(message, origin(name), did_you_mean(name, fields), at_key=True)
        elif item["type"] == "missing" and len(item["loc"]) == 1:
            document.report(f"{subject} needs a field '{name}'", whole, f"add `{name}:`")
        elif not item["loc"]:
            field = getattr(item.get("ctx", {}).get("error"), "field", None)
            if field is None:
                document.report(f"{subject}: {_phrase(item)}", whole)
            else:
                document.report(_phrase(item), origin(field), at_key=True)
        else:
            path = _place_of(item["loc"], origin(name), document)
            written = _written(document, path, item["input"])
            found.setdefault(path, []).append(_phrase(item, written))
            hint = _indent_hint(item, model) or _hint(item, written)
            hint = hint or _several_hint(item, fields, path)
            if hint and (item["type"] == "literal_error" or name not in words):
                hints.setdefault(path, hint)
    for path, phrases in found.items():
        document.report(f"{_name(path)} {_joined(phrases)}", path, hints.get(path))


def _of_own_kind(items: list[Any]) -> list[Any]:
    """The errors without those of a union's alternatives that are of another kind than the value,
    where another alternative takes its kind: what is wrong with a list, not that it is no word.
    """

    def misses(item: Any) -> bool:
        return item["type"] == "literal_error" or item["type"] in _EXPECTED

    of_lists = {
        item["loc"][0]
        for item in items
        if len(item["loc"]) > 1 and (isinstance(item["loc"][-1], int) or not misses(item))
    }
    return [
        item
        for item in items
        if not (
            len(item["loc"]) == 2
            and item["loc"][0] in of_lists
            and isinstance(item["loc"][1], str)
            and isinstance(item["input"], list)
            and misses(item)
        )
    ]


def _written(document: Document, path: ValuePath, value: Any) -> str | None:
    """A number or boolean as the file has it, such as 1.10; None where it is in none."""
    place = document.places.get(path)
    if place is None or path in document.overridden or not isinstance(value, (int, float)):
        return None
    found = _WORD.match(document.source.lines[place[0] - 1], place[1] - 1)
    try:
        same = found is not None and scalar_value(found[0], None, quoted=False) == value
    except ValueError:
        return None
    return found[0] if found is not None and same else None


def _place_of(loc: tuple[Any, ...], start: ValuePath, document: Document) -> ValuePath:
    """The path of the value at pydantic's `loc`, without its names for union members."""
    path = start
    for part in loc[1:]:
        if (*path, part) in document.places:
            path = (*path, part)
    return path


def _name(path: ValuePath) -> str:
    """A path's last key, with the indices after it: `steps[2]`."""
    keys = [index for index, part in enumerate(path) if isinstance(part, str)]
    last = keys[-1] if keys else 0
    return str(path[last]) + "".join(f"[{part}]" for part in path[last + 1 :])


def _joined(phrases: list[str]) -> str:
    distinct = list(dict.fromkeys(phrases))
    if len(distinct) == 1:
        return distinct[0]
    head, tail = distinct[0], [phrase.removeprefix("should be ") for phrase in distinct[1:]]
    heads = head.rsplit(", not ", 1)
    rest = [phrase.rsplit(", not ", 1)[0] for phrase in tail]
    return " or ".join([heads[0], *rest]) + (f", not {heads[1]}" if len(heads) > 1 else "")


def _phrase(item: Any, written: str | None = None) -> str:
    """What is wrong with a value, as the rest of a sentence that begins with its name.

    written: the value as the file has it, where that is known.
    """
    kind, context = item["type"], item.get("ctx", {})
    if kind in _EXPECTED:
        return f"should be {_EXPECTED[kind]}, not {written or brief(item['input'])}"
    if kind == "literal_error":
        return f"should be {context['expected']}, not {brief(item['input'])}"
    if kind == "greater_than_equal":
        return f"should be at least {context['ge']}, not {brief(item['input'])}"
    if kind == "less_than_equal":
        return f"should be at most {context['le']}, not {brief(item['input'])}"
    if kind == "greater_than":
        return f"should be more than {context['gt']}, not {brief(item['input'])}"
    if kind == "less_than":
        return f"should be less than {context['lt']}, not {brief(item['input'])}"
    if kind == "string_too_long":
        length = len(item["input"])
        return f"is {length:,} characters long; at most {context['max_length']:,} are allowed"
    if kind == "string_too_short":
        return "should not be blank"
    if kind == "string_pattern_mismatch" and context["pattern"] == NAME:
        return f"should be lower-case letters, digits and hyphens, not {brief(item['input'])}"
    if kind == "string_pattern_mismatch":
        return f"should match {context['pattern']}, unlike {brief(item['input'])}"
    if kind in ("too_short", "too_long"):
        few, bound = kind == "too_short", context.get("min_length", context.get("max_length"))
        return f"should have at {'least' if few else 'most'} {bound} value{'s'[: bound != 1]}"
    if kind == "missing" and isinstance(item["loc"][-1], int):
        return f"needs more values than {brief(item['input'])}"
    if kind == "missing":
        return f"needs a '{item['loc'][-1]}'"
    if kind == "extra_forbidden":
        return f"has no '{item['loc'][-1]}'"
    message = str(item["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return message.replace("Input should", "should")


def _hint(item: Any, written: str | None) -> str | None:
    value = item["input"]
    if item["type"] == "string_type" and isinstance(value, (int, float)):
        return f'to mean the text, put it in quotes: "{written or value}"'
    if item["type"] == "string_type" and isinstance(value, dict) and len(value) == 1:
        ((before, after),) = value.items()
        if isinstance(after, str):
            return f"to mean the text, put it in quotes: {yaml_scalar(f'{before}: {after}')}"
    if item["type"] == "literal_error" and isinstance(value, str):
        expected = str(item["ctx"]["expected"]).replace(" or ", ", ").split(", ")
        return did_you_mean(value, [name.strip("'") for name in expected])
    if _EXPECTED.get(item["type"]) == "a list" and not isinstance(value, dict):
        return f"for one value write [{value}]"
    return None


def _indent_hint(item: Any, model: type[BaseModel]) -> str | None:
    """What the lines below a key lack, where the key has none or they are no list's."""
    (name, *deeper), value = item["loc"], item["input"]
    expected = _EXPECTED.get(item["type"])
    if deeper or expected not in ("a list", "a set of `key: value` lines"):
        return None
    if value is None:
        return f"indent the lines that belong to it further than `{name}:`, or remove it"
    field = model.model_fields.get(name)
    if isinstance(value, dict) and value and field is not None and "dict" in str(field.annotation):
        key, first = next(iter(value.items()))
        text = f" {first}" if isinstance(first, str) else ""
        return f"begin it with a dash: `- {key}:{text}`"
    return None


def _several_hint(item: Any, fields: list[str], path: ValuePath) -> str | None:
    """How to give several values for a field, if it can take them."""
    one = _EXPECTED.get(item["type"], "a list") != "a list"
    whole = path[-1] == item["loc"][0]
    if one and whole and path[-1] == "seed" and isinstance(item["input"], list):
        return (
            f"for several seeds, write `seeds: {brief(item['input'])}`"
            if "seeds" in fields
            else None
        )
    if one and whole and isinstance(item["input"], list) and "sweep" in fields:
        return f"to run each of these values, write `sweep: {{{path[-1]}: {brief(item['input'])}}}`"
    return None


def brief(value: Any) -> str:
    """A value as quoted in messages."""
    if value is None:
        return "empty"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "…"

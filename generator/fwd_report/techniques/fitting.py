"""Whether the parts of a plug-in's figure hold what their fields say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from fwd_report.errors import as_code
from fwd_report.store.entry import Entry
from fwd_report.techniques.answers import keyable

OUTSIDE_KEYS = "it checks how results are shown, and changes none"


def misfits(part: Any) -> Iterator[str]:
    """What of a part is of another type than its field, as the rest of a sentence."""
    for name, kind in _hints(part.__class__).items():
        value = getattr(part, name)
        if not _fits(value, kind):
            yield f"{type(part).__name__}.{name} is no {_named(kind)}: {as_code(value)}"


def _fits(value: Any, kind: Any) -> bool:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return any(_fits(value, each) for each in arguments)
    if origin is Literal:
        return value in arguments
    if origin is tuple and arguments[-1] is Ellipsis:
        return isinstance(value, (tuple, list)) and all(_fits(v, arguments[0]) for v in value)
    if origin is tuple:
        return (
            isinstance(value, (tuple, list))
            and len(value) == len(arguments)
            and all(map(_fits, value, arguments))
        )
    if kind is float:
        return isinstance(value, (int, float))
    if kind is str:
        return isinstance(value, str) and keyable(value)
    deep = is_dataclass(kind) and kind is not Entry
    return isinstance(value, kind) and not (deep and any(misfits(value)))


def _named(kind: Any) -> str:
    return str(getattr(kind, "__name__", kind) if get_origin(kind) is None else kind).replace(
        "fwd_report.techniques.parts.", ""
    )


@cache
def _hints(part: type) -> dict[str, Any]:
    hints = get_type_hints(part)
    return {each.name: hints[each.name] for each in fields(part)}

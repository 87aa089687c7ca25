"""The meaning of an unquoted YAML scalar by YAML 1.2's core schema, as in editors.

`no`, `12:30` and `2024-01-01` are text; `1e-4` is a number.
"""

from __future__ import annotations

import math
import re
from typing import Any

_PREFIX = "tag:yaml.org,2002:"
_TAGS = {_PREFIX + name for name in ("str", "int", "float", "bool", "null")}
_NULL = re.compile(r"(~|null|Null|NULL)?")
_BOOL = re.compile(r"(true|True|TRUE|false|False|FALSE)")
_INT = re.compile(r"[-+]?[0-9]+")
_PREFIXED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_MOST_DIGITS = 300


def scalar_value(text: str, tag: str | None, *, quoted: bool) -> Any:
    """The value of a scalar, with its explicit tag, if it has one.

    Raises ValueError for tags other than those of text, numbers, booleans and null, for a text that
    does not match its tag, for control characters and for non-finite numbers.
    """
    if tag is not None and tag not in _TAGS:
        raise ValueError(f"the tag {short_tag(tag)} is not allowed")
    if tag == _PREFIX + "str" or (tag is None and quoted):
        if control := _CONTROL.search(text):
            raise ValueError(f"the text contains the control character U+{ord(control[0]):04X}")
        return text
    value = _plain_value(text)
    if tag is not None:
        kind = "null" if value is None else type(value).__name__
        if tag != _PREFIX + kind:
            raise ValueError(f"'{text[:40]}' is no {short_tag(tag)}")
    return value


def short_tag(tag: str) -> str:
    """A tag as it is written: `!!int`."""
    return tag.replace(_PREFIX, "!!")[:60]


def _plain_value(text: str) -> Any:
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if len(text) <= _MOST_DIGITS:
        if _INT.fullmatch(text):
            return int(text)
        if _PREFIXED.fullmatch(text):
            return int(text, 0)
        if _FLOAT.fullmatch(text):
            value = float(text)
            if math.isinf(value):
                raise ValueError(f"{text} is too large a number")
            return value
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    return text

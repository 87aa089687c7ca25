"""Checks the return values of methods of techniques from outside the package."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import wraps
from numbers import Integral, Real
from typing import Any

from fwd_report.errors import UserError, as_code
from fwd_report.plugins.problems import exits_as_errors
from fwd_report.techniques.base import Reading, Technique

OUTSIDE_KEYS = "it checks what methods answer, and changes none of it"
MOST = 10**12
"""Most steps, epochs and the like of a run: more would take ages."""
_CHECKED = "__answer_is_checked__"


def keyable(value: object) -> bool:
    """Whether a run's key can hold a value: finite numbers, and texts of whole characters."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, TypeError, RecursionError):
        return False
    return True


def _count(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and 0 <= int(value) <= MOST


def _sequence_of(holds: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, (tuple, list)) and all(map(holds, value))


def _text(value: object) -> bool:
    """Whether it is a text that can be written to a page: of whole characters."""
    return isinstance(value, str) and keyable(value)


def _reading(value: object) -> bool:
    return isinstance(value, Reading) and all(map(_text, vars(value).values()))


def _numbers(value: object) -> bool:
    names = _sequence_of(_text)
    return value is None or (
        isinstance(value, Mapping)
        and value.keys() <= {"metrics", "series"}
        and all(map(names, value.values()))
    )


def _texts_by_estimate(value: object) -> bool:
    return _sequence_of(lambda each: isinstance(each, tuple) and _sequence_of(_text)(each))(value)


def _reasons(value: object) -> bool:
    """Whether it is {field: (why, hint)}."""
    return isinstance(value, Mapping) and all(
        _text(field) and isinstance(said, tuple) and len(said) == 2 and all(map(_text, said))
        for field, said in value.items()
    )


ANSWERS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "network_steps": ("number of steps", _count),
    "guided_prompts": ("tuple of tuples of texts", _texts_by_estimate),
    "prompts": ("tuple of texts", _sequence_of(_text)),
    "readings": ("tuple of Reading", _sequence_of(_reading)),
    "numbers": ("names of metrics and series, as {'metrics': ['psnr']}, or None", _numbers),
    "describe": ("text", _text),
    "without_effect": ("reasons, as {'field': ('why', 'the way out')}", _reasons),
    "alt": ("text", _text),
    "epochs_kept": ("number of epochs", _count),
    "front_rank": ("place, 1 or more, or None", lambda value: value is None or _count(value)),
    "loss_name": ("text", _text),
    "first_rate": (
        "number of seconds or None",
        lambda value: value is None or isinstance(value, Real),
    ),
    "objection": ("text or None", lambda value: value is None or _text(value)),
}
"""What each method returns, in words, and a test for it."""


def check_answers(technique: type[Technique], place: Callable[[str, int], str]) -> None:
    """Make the methods that a technique defines itself raise UserError for a wrong return value.

    place: names a line of a file, for messages.
    """
    for owner in technique.__mro__:
        if owner.__module__.partition(".")[0] == "fwd_report" or not issubclass(owner, Technique):
            continue
        for name in ANSWERS.keys() & vars(owner).keys():
            member = vars(owner)[name]
            function = member.__func__ if isinstance(member, classmethod) else member
            code = getattr(function, "__code__", None)
            if code is None or hasattr(function, _CHECKED):
                continue
            where = place(code.co_filename, code.co_firstlineno)
            checked = _checked(function, f"{where}: {owner.__name__}.{name}", *ANSWERS[name])
            setattr(owner, name, classmethod(checked) if function is not member else checked)


def _checked(
    function: Callable[..., Any], called: str, what: str, holds: Callable[[object], bool]
) -> Callable[..., Any]:
    @wraps(function)
    def ask(*args: Any, **options: Any) -> Any:
        with exits_as_errors():
            answer = function(*args, **options)
        if not holds(answer):
            raise UserError(f"{called} returns no {what}: {as_code(answer)}")
        return answer

    setattr(ask, _CHECKED, True)
    return ask

"""Limits on what a template may use: steps, seconds and characters."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from types import GeneratorType
from typing import Any

from jinja2 import TemplateRuntimeError

MOST_STEPS = 200_000
"""Loops, calls, operators and printed values, in one text."""
MOST_SECONDS = 5.0
"""Of processor time, so that a busy machine fails nothing."""
MOST_CHARACTERS = 1_000_000
"""Characters and items of one value, including everything in it, and of the whole output."""
MOST_BITS = 10_000
"""Bits of an integer."""
FORMAT_WIDTH = re.compile(r"\d{4,}|\*")
"""Widths and precisions of a thousand or more, or given as arguments, in a format."""
GROWING = frozenset((
    "center", "expandtabs", "ljust", "rjust", "zfill", "replace", "join", "translate",
    "batch", "indent", "slice", "truncate", "wordwrap", "round", "tojson",
))  # fmt: skip
"""Methods and filters whose result can be as large as the product of their arguments."""


class TooMuch(TemplateRuntimeError):
    """A template exceeds a limit."""


class Budget:
    """What one text has left while it is rendered."""

    def __init__(self) -> None:
        self._steps = MOST_STEPS
        self._printed = 0
        self._end = time.thread_time() + MOST_SECONDS

    def step(self, count: int = 1) -> None:
        """Count steps. Raises TooMuch if there are too many, or they take too long."""
        self._steps -= count
        if self._steps < 0:
            raise TooMuch(f"the template takes more than {MOST_STEPS:,} steps")
        if time.thread_time() > self._end:
            raise TooMuch(f"the template takes longer than {MOST_SECONDS:g} seconds")

    def printed(self, text: str) -> None:
        """Count printed characters."""
        self.step()
        self._printed += len(text)
        if self._printed > MOST_CHARACTERS:
            raise TooMuch(f"the template prints more than {MOST_CHARACTERS:,} characters")


BUDGET: ContextVar[Budget] = ContextVar("BUDGET")
"""The budget of the text that is being rendered."""


def bounded(value: Any) -> Any:
    """The value, if it is not too large; an iterator is counted as it is consumed."""
    if isinstance(value, GeneratorType | map | filter | zip):
        return counted_steps(value)
    BUDGET.get().step(1 + size(value) // 1000)
    return value


def counted_steps(values: Iterable[Any]) -> Iterator[Any]:
    """The values, each counted as a step."""
    for value in values:
        BUDGET.get().step()
        yield value


def size(value: Any) -> int:
    """The characters and items of a value, including everything in it. Raises TooMuch."""
    total = 0
    waiting = [value]
    while waiting:
        item = waiting.pop()
        total += 1
        if isinstance(item, str):
            total += len(item)
        elif isinstance(item, bool | float):
            continue
        elif isinstance(item, int):
            if item.bit_length() > MOST_BITS:
                raise TooMuch("the template makes too large a number")
        elif isinstance(item, dict):
            total += len(item)
            waiting += [*item.keys(), *item.values()] if total <= MOST_CHARACTERS else []
        elif isinstance(item, list | tuple | set | frozenset):
            total += len(item)
            waiting += item if total <= MOST_CHARACTERS else []
        if total > MOST_CHARACTERS:
            raise TooMuch(f"the template makes more than {MOST_CHARACTERS:,} characters at once")
    return total


def check_call(name: str, given: Iterable[Any], named: Mapping[str, Any]) -> None:
    """Raise TooMuch for a call whose result could be too large."""
    BUDGET.get().step()
    if name not in GROWING:
        return
    product = 1
    for value in (*given, *named.values()):
        if isinstance(value, int):
            product *= max(1, abs(value))
        elif isinstance(value, str | list | tuple | dict):
            product *= max(1, size(value))
    if product > 20 * MOST_CHARACTERS:
        raise TooMuch(f"`{name}` could make more than {MOST_CHARACTERS:,} characters")


def check_product(left: Any, right: Any) -> None:
    """Raise TooMuch if `left * right` is too large."""
    for times, many in ((left, right), (right, left)):
        repeats = isinstance(times, int) and isinstance(many, str | list | tuple)
        if repeats and max(0, times) * size(many) > MOST_CHARACTERS:
            raise TooMuch(f"the template makes more than {MOST_CHARACTERS:,} characters")


def check_power(base: Any, exponent: Any) -> None:
    """Raise TooMuch if the integer `base ** exponent` is too large."""
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and abs(exponent) * max(1, base.bit_length()) > MOST_BITS:
        raise TooMuch("the template makes too large a number")


def check_format(text: Any, given: Any) -> None:
    """Raise TooMuch for formats that make long texts of short ones."""
    if isinstance(text, str) and FORMAT_WIDTH.search(text):
        raise TooMuch("a format's width has at most three digits, and no *")
    size(given)

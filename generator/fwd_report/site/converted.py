"""Where conversions of formulas are remembered while pages are made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from fwd_report.store.memory import Memory

_MEMORY: ContextVar[Memory | None] = ContextVar("MEMORY", default=None)


@contextmanager
def remembering(memory: Memory) -> Iterator[None]:
    """Let conversions in the block be looked up there, and be put there."""
    token = _MEMORY.set(memory)
    try:
        yield
    finally:
        _MEMORY.reset(token)


def remembered() -> Memory | None:
    """The memory of such a block, inside of one."""
    return _MEMORY.get()

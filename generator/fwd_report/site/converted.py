"""The memory in which converted formulas are kept while pages are made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from fwd_report.store.memory import Memory

_MEMORY: ContextVar[Memory | None] = ContextVar("MEMORY", default=None)


@contextmanager
def remembering(memory: Memory) -> Iterator[None]:
    """Within the block, conversions are looked up in this memory and added to it."""
    token = _MEMORY.set(memory)
    try:
        yield
    finally:
        _MEMORY.reset(token)


def remembered() -> Memory | None:
    """The memory of the surrounding block, if there is one."""
    return _MEMORY.get()

"""What other libraries say while networks are loaded, and what they say afterwards."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LIBRARIES = ("diffusers", "transformers")


@contextmanager
def verbosity_kept() -> Iterator[None]:
    """Give the libraries back the log level and the progress bars that they had before.

    Loading a network silences them. One that was not imported before gets its own defaults.
    """
    before: dict[str, tuple[int, bool]] = {}
    for name in LIBRARIES:
        if logging := _logging_of(name):
            before[name] = (logging.get_verbosity(), logging.is_progress_bar_enabled())
    try:
        yield
    finally:
        for name in LIBRARIES:
            if logging := _logging_of(name):
                level, bars = before.get(name, (logging.WARNING, True))
                logging.set_verbosity(level)
                (logging.enable_progress_bar if bars else logging.disable_progress_bar)()


def _logging_of(library: str) -> Any:
    """The library's own logging module, if it is imported."""
    return sys.modules.get(f"{library}.utils.logging")

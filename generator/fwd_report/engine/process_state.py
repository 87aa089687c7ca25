"""What loading and asking networks changes in a process, and gives back afterwards."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

LIBRARIES = ("diffusers", "transformers")


@contextmanager
def process_state_kept() -> Iterator[None]:
    """Leave the global random numbers, and libraries' log levels and progress bars, as they were.

    A network that is loaded draws numbers for weights it then replaces, and silences the library.
    One that was not imported before gets its own defaults. Results have generators of their own.
    """
    state, numpy_state = random.getstate(), np.random.get_state()
    before: dict[str, tuple[int, bool]] = {}
    for name in LIBRARIES:
        if logging := _logging_of(name):
            before[name] = (logging.get_verbosity(), logging.is_progress_bar_enabled())
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(state)
        np.random.set_state(numpy_state)
        for name in LIBRARIES:
            if logging := _logging_of(name):
                level, bars = before.get(name, (logging.WARNING, True))
                logging.set_verbosity(level)
                (logging.enable_progress_bar if bars else logging.disable_progress_bar)()


def _logging_of(library: str) -> Any:
    """The library's own logging module, if it is imported."""
    return sys.modules.get(f"{library}.utils.logging")

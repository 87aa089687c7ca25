"""What loading and running networks changes in a process, restored afterwards."""

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
    """Leave the global random state, and the log levels and progress bars of libraries, unchanged.

    Loading a network draws numbers for weights that are then replaced, and silences the library. A
    library that had not been imported before gets its own defaults. Results have their own
    generators.
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
    """The library's logging module, if it is imported."""
    return sys.modules.get(f"{library}.utils.logging")

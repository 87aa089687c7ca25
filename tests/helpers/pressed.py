"""Ctrl-C as Python meets it: an exception that no statement raised."""

from __future__ import annotations

import signal
from typing import NoReturn


def press_ctrl_c() -> NoReturn:
    """Raise KeyboardInterrupt here, as the signal does."""
    signal.raise_signal(signal.SIGINT)
    raise AssertionError("the signal is handled as soon as it is there")

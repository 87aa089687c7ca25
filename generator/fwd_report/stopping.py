"""Ctrl-C and SIGTERM: the process ends within two seconds, and reports what is kept.

Python delivers a signal to its main thread between two bytecode steps, and a batch of a large model
is a single step. So a thread watches as well, and ends the process if the main thread takes too
long: the store is consistent at every moment.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from typing import Any, NoReturn

GRACE = 1.2
"""Seconds that the main thread has to end by itself."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)
SHOW_CURSOR = "\x1b[?25h"


class _State:
    """The signal that the process received, what to print about it, and whether that was
    printed.
    """

    signal: int | None = None
    starting = True
    message = "stopped"
    said = False
    watching: tuple[socket.socket, socket.socket] | None = None


def watch() -> None:
    """Handle signals from now on; a process that was started with one ignored keeps ignoring it."""
    if _State.watching is not None or threading.current_thread() is not threading.main_thread():
        return
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    _State.watching = (reader, writer)
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_wait_for_signal, args=(reader,), daemon=True).start()
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _obey)
    usual = sys.unraisablehook
    sys.unraisablehook = lambda unraisable: None if _State.signal else usual(unraisable)


def started() -> None:
    """The program is imported: from now on a signal interrupts it, and it may report what is
    kept.
    """
    _State.starting = False


def keeps(message: str) -> None:
    """Print this if a signal ends the process."""
    _State.message = message


def stopped_by() -> int | None:
    """The number of the signal that ends the process, or None."""
    return _State.signal


def exit_code() -> int:
    """The exit code that a shell expects after a signal: 130 for Ctrl-C, 143 for SIGTERM."""
    return 128 + int(_State.signal or signal.SIGINT)


def say_what_is_kept() -> None:
    """Print, once, what is kept."""
    if not _State.said:
        _State.said = True
        try:
            cursor = SHOW_CURSOR if sys.stderr.isatty() else ""
            print(f"{cursor}\n{_State.message}", file=sys.stderr, flush=True)
        except (OSError, ValueError, AttributeError):
            pass


def end() -> NoReturn:
    """End the process at once. There is nothing to clean up: files appear whole or not at all."""
    say_what_is_kept()
    os._exit(exit_code())


def _obey(number: int, frame: Any) -> None:
    _State.signal = number
    if _State.starting:
        end()
    raise KeyboardInterrupt


def _wait_for_signal(reader: socket.socket) -> None:
    while True:
        for number in reader.recv(16):
            if number in SIGNALS:
                _State.signal = number
                time.sleep(GRACE)
                end()

"""Ctrl-C and SIGTERM: the process ends within two seconds, and says what is kept.

Python tells its main thread of a signal between two of its own steps, and a batch of a large model
is one step. So a thread watches too, and ends the process where the main thread takes too long:
what is stored is whole at any moment.
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
"""Seconds for the main thread to end in its own way."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)
SHOW_CURSOR = "\x1b[?25h"


class _State:
    """Of the process: the signal that came, what to say of it, and whether that was said."""

    signal: int | None = None
    starting = True
    message = "stopped"
    said = False
    watching: tuple[socket.socket, socket.socket] | None = None


def watch() -> None:
    """Obey the signals from now on; a process that was started deaf to one stays so."""
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
    """The program is imported: a signal now interrupts what runs, which may say what is kept."""
    _State.starting = False


def keeps(message: str) -> None:
    """Say this when a signal ends the process."""
    _State.message = message


def stopped_by() -> int | None:
    """The number of the signal that ends the process, or None."""
    return _State.signal


def exit_code() -> int:
    """What a shell expects of a process that a signal ended: 130 for Ctrl-C, 143 for SIGTERM."""
    return 128 + int(_State.signal or signal.SIGINT)


def say() -> None:
    """Say once what is kept."""
    if not _State.said:
        _State.said = True
        try:
            cursor = SHOW_CURSOR if sys.stderr.isatty() else ""
            print(f"{cursor}\n{_State.message}", file=sys.stderr, flush=True)
        except (OSError, ValueError, AttributeError):
            pass


def end() -> NoReturn:
    """End the process now. Nothing needs to be tidied up: files appear whole or not at all."""
    say()
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
